import { QueryClient, QueryClientProvider, useMutation, useQuery } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Role, Session } from '../api/accounts';
import { api, ok } from '../api/client';
import { complain } from './errors';
import { setPreferences } from './prefs';
import { checkSession, leave, rightsOf, useEnded, useEnter, useSession, useSessionKeeping } from './session';
import { say, useToasts } from './toasts';

const as = (role: Role, content = false) => ({ user: { role, content } }) as Session;

describe('rights', () => {
  it('follow from the role', () => {
    expect(rightsOf(as('viewer'))).toEqual({ manage: false, admin: false, content: false });
    expect(rightsOf(as('operator'))).toEqual({ manage: true, admin: false, content: false });
    expect(rightsOf(as('admin'))).toEqual({ manage: true, admin: true, content: true });
    expect(rightsOf(as('viewer', true)).content).toBe(true);
    expect(rightsOf(null)).toEqual({ manage: false, admin: false, content: false });
  });
});

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const unauthorized = () => json({ title: '', status: 401, code: 'unauthorized', detail: 'Sign in, or give an API key.' }, 401);
const ann = { csrf_token: 't', preferences: {}, user: { email: 'ann@example.com', role: 'admin', content: true } } as unknown as Session;

let queries: QueryClient;
let fetched: ReturnType<typeof vi.fn>;
beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  fetched = vi.fn(async () => unauthorized());
  vi.stubGlobal('fetch', fetched);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function App() {
  useSessionKeeping();
  const session = useSession().data;
  return <>{session ? <Inside session={session} /> : <Door />}<Notices /></>;
}

// Nothing but the session may draw it anew.
const Notices = () => <output>{useToasts().map(({ text }) => text)}</output>;

function Inside({ session }: { session: Session }) {
  const rules = useQuery({ queryKey: ['rules'], queryFn: () => ok(api.GET('/api/v1/routing-rules')), enabled: false });
  const hold = useMutation({ mutationFn: () => ok(api.POST('/api/v1/delivery/pause', { body: { all: true } })), onError: complain });
  return <><h1>{session.user.email}</h1><button onClick={() => void rules.refetch()}>Read</button><button onClick={() => hold.mutate()}>Act</button><button onClick={checkSession}>Check</button></>;
}

function Door() {
  const enter = useEnter();
  return <><h1>{useEnded() ? 'ended' : 'door'}</h1><button onClick={() => enter(ann)}>Sign in</button></>;
}

const heading = (name: string) => screen.findByRole('heading', { name });
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

async function comeIn() {
  queries.setQueryData(['session'], ann);
  render(<QueryClientProvider client={queries}><App /></QueryClientProvider>);
  await heading('ann@example.com');
  queries.setQueryData(['queue'], 'what Ann has read');
  act(() => say('Ann’s news'));
}

describe('a session that ends', () => {
  it.each(['Read', 'Act', 'Check'])('is seen at once by whoever looks at it: %s', async (button) => {
    await comeIn();
    press(button);
    await heading('ended');
    expect(queries.getQueriesData({}).filter(([, data]) => data !== undefined)).toEqual([[['session'], null]]);
    expect(queries.getMutationCache().getAll()).toEqual([]);
    expect(screen.getByRole('status').textContent).toBe('');
    press('Sign in');
    await heading('ann@example.com');
    act(() => leave(queries));
    await heading('door');
  });

  it('is no news of its end when nobody was signed in', async () => {
    render(<QueryClientProvider client={queries}><App /></QueryClientProvider>);
    await heading('door');
  });
});

describe('preferences', () => {
  const saved = () => Promise.all(fetched.mock.calls.map(([request]) => request as Request).filter(({ method }) => method === 'PATCH').map((request) => request.clone().json()));

  it('go to the server by what was changed, and another tab’s stay', async () => {
    await comeIn();
    act(() => setPreferences({ time_zone: 'UTC' }));
    act(() => setPreferences({ shortcuts: false }));
    await waitFor(async () => expect(await saved()).toEqual([{ preferences: { time_zone: 'UTC', shortcuts: false } }]), { timeout: 5_000 });
  });

  it('go before the page does', async () => {
    await comeIn();
    act(() => setPreferences({ page_size: 50 }));
    dispatchEvent(new Event('pagehide'));
    await waitFor(async () => expect(await saved()).toEqual([{ preferences: { page_size: 50 } }]), { timeout: 400 });
    expect((fetched.mock.calls.find(([request]) => (request as Request).method === 'PATCH')![0] as Request).keepalive).toBe(true);
  });

  it('of someone who has left are not the next one’s', async () => {
    await comeIn();
    act(() => setPreferences({ page_size: 200 }));
    act(() => leave(queries));
    dispatchEvent(new Event('pagehide'));
    await heading('door');
    press('Sign in');
    await heading('ann@example.com');
    expect(await saved()).toEqual([]);
  });
});
