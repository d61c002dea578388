import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Explain } from './Explain';

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const way = (caption: string) => json({ rule: null, waits_for: null, connection_id: 1, connections: [{ id: 1, caption, usable: true, chosen: true, why: 'usable' }] });
let answers: Response[];

beforeEach(() => {
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => (request.url.includes('/explain') ? answers.shift()! : json({ lanes: [], pauses: [] }))));
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Explain /></QueryClientProvider>);
  fireEvent.change(screen.getByLabelText('Recipient'), { target: { value: 'ann@example.org' } });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const ask = () => fireEvent.click(screen.getByRole('button', { name: 'Explain' }));

it('asks anew with the same values: the way may be another one meanwhile', async () => {
  answers = [way('Main'), way('Second')];
  ask();
  await screen.findByText('It would take “Main”');
  ask();
  await screen.findByText('It would take “Second”');
});

it('goes on after an error', async () => {
  answers = [json({ status: 503, code: 'unavailable', detail: 'No.' }, 503), json({ status: 503, code: 'unavailable', detail: 'No.' }, 503), way('Main')];
  ask();
  fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  await vi.waitFor(() => expect(answers.length).toBe(1));
  await screen.findByRole('button', { name: 'Try again' });
  ask();
  await screen.findByText('It would take “Main”');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
