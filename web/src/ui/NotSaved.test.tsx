import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ApiError } from '../api/problem';
import { NotSaved } from './NotSaved';

afterEach(cleanup);

const stale = new ApiError(409, 'stale_version', 'Someone has changed it.');
const show = (error: Error, read = vi.fn(async () => 'present'), onRead = vi.fn()) => {
  render(<QueryClientProvider client={new QueryClient()}><NotSaved error={error} read={read} onRead={onRead} /></QueryClientProvider>);
  return onRead;
};
const offer = () => screen.queryByRole('button', { name: 'Load the present version' });

it('offers what someone else has left, and says what that costs', async () => {
  const onRead = show(stale);
  expect(document.body.textContent).toContain('Someone has changed this since you opened it.');
  expect(document.body.textContent).toContain('what you have typed here is replaced');
  expect(onRead).not.toHaveBeenCalled();
  fireEvent.click(offer()!);
  await waitFor(() => expect(onRead.mock.calls[0]![0]).toBe('present'));
});

it('says why it could not be loaded, and can be asked again', async () => {
  const onRead = show(stale, vi.fn(async () => { throw new ApiError(404, 'not_found', 'It is gone.'); }));
  fireEvent.click(offer()!);
  await screen.findByText(/There is no such thing any more/);
  expect(offer()).toBeTruthy();
  expect(onRead).not.toHaveBeenCalled();
});

it('offers nothing where nobody else was faster', () => {
  show(new ApiError(422, 'invalid', 'Too long.'));
  expect(offer()).toBeNull();
});
