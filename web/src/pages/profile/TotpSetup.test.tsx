import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PasswordForm } from './PasswordForm';
import { TotpSetup } from './TotpSetup';

beforeEach(() => vi.stubGlobal('fetch', vi.fn(async () =>
  new Response('{"status":401,"code":"bad_credentials","detail":"The email address or the password is wrong."}', { status: 401, headers: { 'content-type': 'application/json' } }))));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const show = (form: React.ReactNode) => render(<QueryClientProvider client={new QueryClient()}>{form}</QueryClientProvider>);
const type = (label: string, text: string) => fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
const complaintAt = async (label: string) => {
  await screen.findByText('This password is wrong.');
  expect(screen.getByLabelText(label).getAttribute('aria-invalid')).toBe('true');
  expect(document.body.textContent).not.toContain('email address');
};

it('says of a second factor’s password that it is wrong, where it was typed', async () => {
  show(<TotpSetup onDone={() => {}} doneLabel="Done" />);
  type('Your password', 'wrong');
  fireEvent.click(screen.getByRole('button', { name: 'Go on' }));
  await complaintAt('Your password');
});

it('says the same where the password is changed', async () => {
  show(<PasswordForm />);
  type('Present password', 'wrong');
  type('New password', 'a long enough sentence');
  type('New password, again', 'a long enough sentence');
  fireEvent.click(screen.getByRole('button', { name: 'Change password' }));
  await complaintAt('Present password');
});
