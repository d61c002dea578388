import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { starting } from '../lib/starting';
import { Bell } from './Bell';

afterEach(() => {
  cleanup();
  starting.set(false);
  vi.unstubAllGlobals();
});

const NOTHING = /No connection went down/;
let answer: () => Response;

async function open() {
  vi.stubGlobal('fetch', vi.fn(async () => answer()));
  starting.set(false);
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Bell /></QueryClientProvider>);
  fireEvent.click(screen.getByRole('button'));
}

it('says that nothing happened when that is known', async () => {
  answer = () => new Response('{"items":[]}', { headers: { 'content-type': 'application/json' } });
  await open();
  await screen.findByText(NOTHING);
});

it('promises nothing where it could not ask, and offers to ask again', async () => {
  answer = () => new Response('', { status: 500 });
  await open();
  await screen.findByRole('button', { name: 'Try again' });
  expect(screen.queryByText(NOTHING)).toBeNull();
});
