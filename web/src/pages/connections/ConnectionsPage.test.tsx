import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConnectionsPage } from './ConnectionsPage';

beforeEach(() => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{"items":[],"lanes":[],"pauses":[]}', { headers: { 'content-type': 'application/json' } })));
  history.replaceState(null, '', '/connections');
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function show(role: string) {
  const queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role } });
  render(<QueryClientProvider client={queries}><ConnectionsPage /></QueryClientProvider>);
  await screen.findByText('No connection yet');
  return screen.queryByText(/Drag a row by its handle/);
}

it('says how to change the order to those who may', async () => expect(await show('operator')).toBeTruthy());
it('says nothing of handles to those who have none', async () => expect(await show('viewer')).toBeNull());
