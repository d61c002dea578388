import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { AttemptDrawer } from './AttemptDrawer';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const attempt = { id: 'a', active_queue_id: 'e', message_id: 'm', attempt: 1, email: 'ann@example.org', subject: 'Bill', status: 'fail', attempted_at: '2026-11-27T20:00:00Z', conversation: '' };

async function open(finished_at: string | null) {
  const story = { id: 'e', finished_at, timeline: [{ at: '2026-11-27T20:00:00Z', event: 'submitted' }] };
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => new Response(JSON.stringify(request.url.includes('/log/') ? attempt : request.url.includes('/emails/') ? story : { items: [] }), { headers: { 'content-type': 'application/json' } })));
  const queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role: 'operator' } });
  render(<QueryClientProvider client={queries}><AttemptDrawer id="a" onClose={() => {}} returnTo={() => null} /></QueryClientProvider>);
  await screen.findByText('Accepted for sending');
  return screen.queryByRole('button', { name: 'Send again' });
}

it('offers to send again what is finished', async () => expect(await open('2026-11-27T20:00:01Z')).toBeTruthy());
it('does not offer it while the email itself may still go out', async () => expect(await open(null)).toBeNull());
