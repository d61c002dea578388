import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { NewKey } from './NewKey';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const escape = () => fireEvent.keyDown(document.activeElement!, { key: 'Escape' });

it('asks before its form is thrown away, and lets nothing but its button take the key away', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{"name":"Shop","key":"pk_secret"}', { headers: { 'content-type': 'application/json' } })));
  const onClose = vi.fn();
  render(<QueryClientProvider client={new QueryClient()}><NewKey onClose={onClose} onDone={() => {}} /></QueryClientProvider>);
  fireEvent.click(screen.getByRole('checkbox', { name: 'read' }));
  escape();
  fireEvent.click(await screen.findByRole('button', { name: 'Keep editing' }));
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Shop' } });
  fireEvent.click(screen.getByText('Make key'));
  await screen.findByText('pk_secret');
  escape();
  expect(onClose).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole('button', { name: 'Done' }));
  expect(onClose).toHaveBeenCalledTimes(1);
});
