import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Link, Route, Router } from 'wouter';
import { useDiscard } from '../ui/Discard';
import { aroundNavigation, forgetForms, leaving } from './leaving';

beforeEach(() => {
  history.pushState(null, '', '/elsewhere');
  history.pushState(null, '', '/form');
});
afterEach(cleanup);

function Form() {
  const [text, setText] = useState('');
  const { question, release } = useDiscard(text !== '');
  return <><input aria-label="Name" value={text} onChange={(event) => setText(event.target.value)} /><button onClick={release}>Saved</button>{question}</>;
}

async function open(typed = 'Ann') {
  render(
    <Router aroundNav={aroundNavigation}>
      <Link href="/other">Other</Link><Link href="/form">Here</Link>
      <Route path="/form"><Form /></Route>
      <Route path="/elsewhere">Elsewhere</Route>
      <Route path="/other">The other page</Route>
    </Router>,
  );
  if (typed) fireEvent.change(await screen.findByLabelText('Name'), { target: { value: typed } });
}

const press = (name: string) => fireEvent.click(screen.getByText(name));
const answer = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));
const gone = () => waitFor(() => expect(screen.queryByText('Discard what you typed?')).toBeNull());
const tabCloses = () => {
  const event = new Event('beforeunload', { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
};

it('asks before a link leads away from what was typed', async () => {
  await open();
  press('Other');
  await answer('Keep editing');
  await gone();
  expect([location.pathname, screen.getByLabelText<HTMLInputElement>('Name').value]).toEqual(['/form', 'Ann']);
  press('Other');
  await answer('Discard');
  await screen.findByText('The other page');
});

it('asks before the browser goes back, and goes where it would have gone', async () => {
  await open();
  act(() => history.back());
  await answer('Keep editing');
  await gone();
  expect([location.pathname, screen.getByLabelText<HTMLInputElement>('Name').value]).toEqual(['/form', 'Ann']);
  act(() => history.back());
  await answer('Discard');
  await screen.findByText('Elsewhere');
  expect(location.pathname).toBe('/elsewhere');
});

it('lets the browser ask before a tab is closed, and only then', async () => {
  await open('');
  expect(tabCloses()).toBe(false);
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Ann' } });
  expect(tabCloses()).toBe(true);
  press('Saved');
  expect(tabCloses()).toBe(false);
});

it('asks nothing of a form in which nothing was typed, that is saved, or that stays', async () => {
  await open('');
  press('Other');
  await screen.findByText('The other page');
  cleanup();
  history.pushState(null, '', '/form');
  await open();
  press('Here');
  expect(screen.queryByText('Discard what you typed?')).toBeNull();
  press('Saved');
  press('Other');
  await screen.findByText('The other page');
});

it('asks nobody whose session has ended', async () => {
  await open();
  let went = false;
  forgetForms();
  leaving(() => { went = true; });
  expect(went).toBe(true);
});
