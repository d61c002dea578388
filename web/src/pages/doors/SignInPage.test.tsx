import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SignInPage } from './SignInPage';

let away: boolean;
const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  away = false;
  vi.stubGlobal('fetch', vi.fn(async () => (away ? answer({ status: 503, code: 'unavailable', detail: 'No.' }, 503) : answer({ password: true, first_run: false, oidc: null }))));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open(search: string) {
  history.replaceState(null, '', `/sign-in${search}`);
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(['session'], null);
  render(<QueryClientProvider client={queries}><SignInPage /></QueryClientProvider>);
}

it('says why an identity provider’s answer was not enough, in its own words only', async () => {
  await open('?error=oidc_unreachable');
  await screen.findByText('It can’t be reached now. Try again later.');
  cleanup();
  await open('?error=Call%20%2B49%20555%20and%20tell%20your%20password');
  await screen.findByText('It did not say why.');
  expect(document.body.textContent).not.toContain('555');
});

it('can be asked again when it could not be asked how one signs in', async () => {
  away = true;
  await open('');
  const again = await screen.findByRole('button', { name: 'Try again' });
  away = false;
  fireEvent.click(again);
  await screen.findByLabelText('Password');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
