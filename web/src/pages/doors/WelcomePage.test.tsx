import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WelcomePage } from './WelcomePage';

const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
let refusal: { status: number; code: string; detail: string };

beforeEach(() => {
  location.hash = '#token=abc';
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => (request.method === 'GET' ? answer({ password: true }) : answer(refusal, refusal.status))));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function submit() {
  render(<QueryClientProvider client={new QueryClient()}><WelcomePage /></QueryClientProvider>);
  for (const label of ['New password', 'New password, again']) fireEvent.change(await screen.findByLabelText(label), { target: { value: 'a long enough sentence' } });
  fireEvent.click(screen.getByRole('button', { name: 'Set password and sign in' }));
}

it('shows no form any more for a link that opens nothing, but the way to the door', async () => {
  refusal = { status: 401, code: 'invitation_invalid', detail: 'Used.' };
  await submit();
  await screen.findByText('This link was used already or is too old. Ask for another one.');
  expect(screen.queryByLabelText('New password')).toBeNull();
  expect(screen.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/sign-in');
});

it('keeps the form where another password may help', async () => {
  refusal = { status: 422, code: 'weak_password', detail: 'Weak.' };
  await submit();
  await screen.findByText(/^A password has 12 to 256 bytes/);
  expect(screen.getByLabelText('New password')).toBeTruthy();
});
