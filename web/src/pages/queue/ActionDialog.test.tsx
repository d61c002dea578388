import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Email } from '../../api/types';
import { ActionDialog } from './ActionDialog';
import type { Target } from './selection';

const asOf = '2026-11-27T22:00:00.123456Z';
let bodies: Record<string, unknown>[];
/** What the dry runs find, one after the other; the last of them again and again. */
let found: number[];

async function serve(request: Request): Promise<Response> {
  const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  const { pathname } = new URL(request.url);
  if (pathname.endsWith('/emails/one')) return json({ id: 'one', email: 'ann@example.org', status: 'unknown', in_doubt: true });
  if (!pathname.endsWith('/queue/actions')) return json({ items: [] });
  const body = (await request.json()) as Record<string, unknown>;
  bodies.push(body);
  const matched = found.length > 1 ? found.shift()! : found[0]!;
  return json(body.dry_run ? { matched, changed: 0, skipped: 0, as_of: asOf } : { matched, changed: matched, skipped: 0 });
}

beforeEach(() => {
  bodies = [];
  found = [3];
  vi.stubGlobal('fetch', vi.fn(serve));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const show = (target: Target, action: 'delete' | 'move' | 'retry' = 'delete', rows?: Email[]) =>
  render(<QueryClientProvider client={new QueryClient()}><ActionDialog action={action} target={target} rows={rows} onClose={() => {}} onDone={() => {}} /></QueryClientProvider>);
const confirm = async (n: number) => fireEvent.click(await screen.findByRole('button', { name: n === 1 ? 'Delete 1 email' : `Delete ${n} emails` }));
const asked = (n: number) => waitFor(() => expect(bodies.length).toBe(n));
const counted = { action: 'delete', filter: { created_at_to: asOf } };

it('deletes of all mail no more than what it has counted', async () => {
  show({ filter: {}, all: true });
  await confirm(3);
  await asked(3);
  expect(bodies).toEqual([{ action: 'delete', filter: {}, all: true, dry_run: true }, { ...counted, dry_run: true }, counted]);
});

it('asks again when more mail has come to match since it was counted', async () => {
  found = [3, 120];
  show({ filter: {}, all: true });
  await confirm(3);
  await screen.findByText(/They were 3 when you looked/);
  expect(bodies.filter(({ dry_run }) => !dry_run)).toEqual([]);
  await confirm(120);
  await asked(4);
  expect(bodies[3]).toEqual(counted);
});

it('does not ask again when fewer are left', async () => {
  found = [3, 2];
  show({ filter: { lane: 'bulk' } });
  await confirm(3);
  await asked(3);
  expect(bodies[2]!.dry_run).toBeUndefined();
});

it('deletes the emails that were marked, whenever they came', async () => {
  show({ ids: ['a', 'b', 'c'] });
  await confirm(3);
  await asked(2);
  expect(bodies[1]).toEqual({ action: 'delete', ids: ['a', 'b', 'c'] });
});

it('names the address when one email is meant', async () => {
  found = [1];
  show({ ids: ['one'] });
  await screen.findByText('ann@example.org');
});

it('says that there is no connection to move mail to', async () => {
  show({ ids: ['a', 'b'] }, 'move');
  await screen.findByText('There is no connection to move mail to.');
});

const row = (id: string, more: Partial<Email>) => ({ id, status: 'deferred', in_doubt: false, ...more }) as Email;
const atHand = [row('a', { in_doubt: true }), row('b', { status: 'unknown' }), row('c', {}), row('d', { in_doubt: true })];

it('warns before a retry that the one email may arrive twice', async () => {
  found = [1];
  show({ ids: ['one'] }, 'retry');
  await screen.findByText(/^This email is in doubt/);
});

it('counts those that may arrive twice among the marked ones', async () => {
  show({ ids: ['a', 'b', 'c'] }, 'retry', atHand);
  await screen.findByText(/^2 of them are in doubt/);
});

it('says it in general of emails that nobody has seen', async () => {
  show({ filter: { lane: 'bulk' } }, 'retry', atHand);
  await screen.findByText(/that are in doubt may have been sent already/);
});

it('warns of no doubt where there is none, and before no other act', async () => {
  show({ ids: ['c', 'e'] }, 'retry', [row('c', {}), row('e', {})]);
  await screen.findByText('3 emails will change.');
  expect(screen.queryByText(/in doubt/)).toBeNull();
  cleanup();
  show({ ids: ['a', 'b'] }, 'delete', atHand);
  await screen.findByText('3 emails will change.');
  expect(screen.queryByText(/in doubt/)).toBeNull();
});
