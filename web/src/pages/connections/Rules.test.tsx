import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RoutingRules } from '../../api/types';
import { Rules } from './Rules';

const rule = (recipient_domain: string) => ({ sender_domain: null, recipient_domain, lane: null, tag: null, connection_ids: [1], otherwise: 'wait' as const });
const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

let stored: RoutingRules;
let queries: QueryClient;
/** What is wrong with the rules that are sent. */
let wrong: { pointer: string; code: string; detail: string }[];

/** A server that takes no rules but for the version it has. */
async function serve(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (path.endsWith('/session')) return answer({ csrf_token: 't', user: { role: 'admin' } });
  if (path.endsWith('/connections')) return answer({ items: [{ id: 1, caption: 'Main' }] });
  if (!path.endsWith('/routing-rules')) return answer({ lanes: [], pauses: [] });
  if (request.method === 'GET') return answer(stored);
  const { version, rules } = (await request.json()) as RoutingRules;
  if (wrong.length > 0) return answer({ status: 422, code: 'invalid', detail: 'Some fields are not valid.', errors: wrong }, 422);
  if (version !== stored.version) return answer({ status: 409, code: 'stale_version', detail: 'Someone has changed the rules.' }, 409);
  return answer((stored = { version: version + 1, rules } as RoutingRules));
}

beforeEach(() => {
  wrong = [];
  stored = { version: 1, rules: [rule('example.org')] } as RoutingRules;
  vi.stubGlobal('fetch', vi.fn(serve));
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const domains = () => screen.getAllByLabelText<HTMLInputElement>('Recipient’s domain').map(({ value }) => value);
const save = () => fireEvent.click(screen.getByRole('button', { name: 'Save rules' }));
const type = (text: string) => fireEvent.change(screen.getAllByLabelText('Recipient’s domain')[0]!, { target: { value: text } });
const changeElsewhere = async () => {
  stored = { version: stored.version + 1, rules: [rule('example.net')] } as RoutingRules;
  await act(async () => {
    await queries.invalidateQueries({ queryKey: ['routing-rules'] });
    // Who looks at them is told in the next turn.
    await new Promise((told) => setTimeout(told));
  });
};

async function open() {
  render(<QueryClientProvider client={queries}><Rules /></QueryClientProvider>);
  await screen.findByRole('button', { name: 'Save rules' });
}

it('follow what others change', async () => {
  await open();
  await changeElsewhere();
  expect(domains()).toEqual(['example.net']);
});

it('keep what was typed when others change them, and offer theirs when it can’t be saved', async () => {
  await open();
  type('example.com');
  await changeElsewhere();
  expect(domains()).toEqual(['example.com']);
  save();
  fireEvent.click(await screen.findByRole('button', { name: 'Load the present version' }));
  await waitFor(() => expect(domains()).toEqual(['example.net']));
  expect(screen.queryByText('The rules were not saved.')).toBeNull();
  type('example.com');
  save();
  await waitFor(() => expect(stored).toMatchObject({ version: 3, rules: [{ recipient_domain: 'example.com' }] }));
});

it('keep a complaint and the focus with their rule, until it is changed', async () => {
  stored = { version: 1, rules: [rule('a.example'), rule('b.example')] } as RoutingRules;
  wrong = [{ pointer: '/rules/1/recipient_domain', code: 'domain_odd', detail: 'This is no domain.' }];
  await open();
  type('c.example');
  save();
  const at = (n: number) => within(screen.getByRole('listitem', { name: `Rule ${n}` }));
  await at(2).findByText('This is no domain.');
  fireEvent.click(screen.getByRole('button', { name: 'Move rule 2 up' }));
  expect(at(1).getByText('This is no domain.')).toBeTruthy();
  expect(document.activeElement?.getAttribute('aria-label')).toBe('Move rule 1 down');
  fireEvent.click(screen.getByRole('button', { name: 'Remove rule 2' }));
  expect(document.activeElement?.getAttribute('aria-label')).toBe('Remove rule 1');
  type('d.example');
  expect(screen.queryByText('This is no domain.')).toBeNull();
});

it('take blanks off when a field is left, not while one types', async () => {
  await open();
  type('example.com ');
  expect(domains()).toEqual(['example.com ']);
  fireEvent.blur(screen.getAllByLabelText('Recipient’s domain')[0]!);
  expect(domains()).toEqual(['example.com']);
});
