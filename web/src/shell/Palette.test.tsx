import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Palette } from './Palette';

const close = vi.fn();

beforeEach(() => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{"items":[]}', { headers: { 'content-type': 'application/json' } })));
  const queries = new QueryClient();
  queries.setQueryData(['session'], { user: { role: 'operator' } });
  render(<QueryClientProvider client={queries}><Palette open onClose={close} /></QueryClientProvider>);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function type(text: string) {
  fireEvent.change(screen.getByRole('combobox'), { target: { value: text } });
  return screen.getAllByRole('option').map((option) => option.textContent);
}

it('looks for free text in the subjects, before it offers to change the theme', () => {
  expect(type('the')).toEqual(['Search the queue for “the”', 'Search the log for “the”', 'Change the theme']);
  fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Enter' });
  expect(close).toHaveBeenCalled();
  expect(location.pathname + location.search).toBe('/queue?subject=the');
});

it('leads to the page that is named', () => expect(type('mailing')[0]).toBe('Mailing log'));

it('looks for an address by itself, and for a domain or a subject when it may be both', () => {
  expect(type('ann@example.org')).toEqual(['Attempts to ann@example.org', 'Queued emails to ann@example.org']);
  expect(type('example.org')).toEqual(['Attempts to example.org', 'Queued emails to example.org', 'Search the queue for “example.org”', 'Search the log for “example.org”']);
});
