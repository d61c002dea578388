import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { AttemptDrawer } from './AttemptDrawer';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const attempt = { id: 'a', active_queue_id: 'e', message_id: 'm', attempt: 1, email: 'ann@example.org', subject: 'Bill', connection_caption: 'Main', status: 'fail', reason_class: 'tls', attempted_at: '2026-11-27T20:00:00Z', conversation: '' };

async function open(finished_at: string | null, status = finished_at ? 'failed' : 'deferred') {
  const story = { id: 'e', status, finished_at, next_attempt_at: null, timeline: [{ at: '2026-11-27T20:00:00Z', event: 'submitted' }] };
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => new Response(JSON.stringify(request.url.includes('/log/') ? attempt : request.url.includes('/emails/') ? story : { items: [] }), { headers: { 'content-type': 'application/json' } })));
  const queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role: 'operator' } });
  render(<QueryClientProvider client={queries}><AttemptDrawer id="a" onClose={() => {}} returnTo={() => null} /></QueryClientProvider>);
  await screen.findByText('Accepted for sending');
  return screen.queryByRole('button', { name: 'Send again' });
}

it('offers to send again what is finished', async () => expect(await open('2026-11-27T20:00:01Z')).toBeTruthy());
it('does not offer it while the email itself may still go out', async () => expect(await open(null)).toBeNull());

it('says how the email stands after the attempt, and what to do', async () => {
  await open(null);
  screen.getByText('Deferred');
  screen.getByText('Next attempt date');
  screen.getByText(/Correct its host or its encryption/);
});
it('has no advice once the email has been accepted', async () => {
  await open('2026-11-27T20:00:01Z', 'accepted');
  screen.getByText('Accepted');
  expect(screen.queryByText('What to do')).toBeNull();
});
it('says that there is no such attempt, and offers no retry', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response(JSON.stringify({ code: 'not_found', status: 404, detail: 'No.' }), { status: 404, headers: { 'content-type': 'application/problem+json' } })));
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><AttemptDrawer id="a" onClose={() => {}} returnTo={() => null} /></QueryClientProvider>);
  await screen.findByText(/There is no such attempt/);
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
