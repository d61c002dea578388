import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ActionDialog } from './ActionDialog';
import type { Target } from './selection';

const asOf = '2026-11-27T22:00:00.123456Z';
let bodies: Record<string, unknown>[];

async function serve(request: Request): Promise<Response> {
  const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  if (!new URL(request.url).pathname.endsWith('/queue/actions')) return json({ items: [] });
  const body = (await request.json()) as Record<string, unknown>;
  bodies.push(body);
  return json(body.dry_run ? { matched: 3, changed: 0, skipped: 0, as_of: asOf } : { matched: 3, changed: 3, skipped: 0 });
}

beforeEach(() => {
  bodies = [];
  vi.stubGlobal('fetch', vi.fn(serve));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function confirm(target: Target) {
  render(<QueryClientProvider client={new QueryClient()}><ActionDialog action="delete" target={target} onClose={() => {}} onDone={() => {}} /></QueryClientProvider>);
  fireEvent.click(await screen.findByRole('button', { name: 'Delete 3 emails' }));
  await waitFor(() => expect(bodies.length).toBe(2));
  return bodies;
}

it('deletes of all mail no more than what it has counted', async () => {
  expect(await confirm({ filter: {}, all: true })).toEqual([
    { action: 'delete', filter: {}, all: true, dry_run: true },
    { action: 'delete', filter: { created_at_to: asOf } },
  ]);
});

it('deletes the emails that were marked, whenever they came', async () => {
  expect((await confirm({ ids: ['a', 'b', 'c'] }))[1]).toEqual({ action: 'delete', ids: ['a', 'b', 'c'] });
});
