import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ConnectionDrawer } from './ConnectionDrawer';

let queries: QueryClient;
beforeEach(() => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{"items":[]}', { headers: { 'content-type': 'application/json' } })));
  queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role: 'admin' } });
  history.replaceState(null, '', '/connections?new=1');
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const page = (open: string | null) => <QueryClientProvider client={queries}><ConnectionDrawer open={open} all={[]} onDelete={() => {}} returnTo={() => null} /></QueryClientProvider>;
const host = () => screen.findByLabelText<HTMLInputElement>('Host');

it('asks before a connection that was typed is thrown away, and then begins anew', async () => {
  const { rerender } = render(page('new'));
  fireEvent.change(await host(), { target: { value: 'smtp.example.org' } });
  fireEvent.keyDown(await host(), { key: 'Escape' });
  fireEvent.click(await screen.findByRole('button', { name: 'Discard' }));
  await waitFor(() => expect(location.search).toBe(''));
  rerender(page(null));
  rerender(page('new'));
  expect((await host()).value).toBe('');
});

it('keeps the form when the answer is no', async () => {
  render(page('new'));
  fireEvent.change(await host(), { target: { value: 'smtp.example.org' } });
  fireEvent.click(screen.getByRole('button', { name: 'Close' }));
  fireEvent.click(await screen.findByRole('button', { name: 'Keep editing' }));
  expect(location.search).toBe('?new=1');
  expect((await host()).value).toBe('smtp.example.org');
});
