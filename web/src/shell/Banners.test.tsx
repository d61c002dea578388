import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Banners } from './Banners';

const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
let done: string[];

beforeEach(() => {
  done = [];
  const still = { lanes: [], pauses: [{ all: true, lane: null, connection_id: null, reason: 'night' }], clock_jump: 'It says 2031.', refuses_mail: 'The disk is nearly full; nothing is accepted until there is room again. Try again later.' };
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => {
    if (request.method === 'GET') return json(still);
    const what = new URL(request.url).pathname.split('/').at(-1)!;
    done.push(what);
    return json(what === 'resume' ? { ...still, pauses: [] } : { ...still, clock_jump: null });
  }));
  const queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role: 'operator' } });
  render(<QueryClientProvider client={queries}><Banners /></QueryClientProvider>);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it.each([['resume', 'Resume', 'Let delivery go on?'], ['confirm-clock', 'The clock is right', 'Is the clock right?']])('asks before %s', async (call, name, title) => {
  fireEvent.click(await screen.findByRole('button', { name }));
  await screen.findByRole('dialog', { name: title });
  expect(done).toEqual([]);
  fireEvent.click(screen.getAllByRole('button', { name }).at(-1)!);
  await waitFor(() => expect(done).toEqual([call]));
  await waitFor(() => expect(screen.queryByRole('button', { name })).toBeNull());
});

it('says that no mail is accepted, and why', async () => {
  expect((await screen.findByRole('alert')).textContent).toMatch(/^No mail is accepted: The disk is nearly full/);
});
