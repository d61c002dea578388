import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { Pop } from './overlay';
import { Toasts } from './Toasts';

vi.mock('./overlay/Pop', () => { throw new Error('of an older version'); });
afterEach(cleanup);

it('stays closed when it can’t be fetched any more, and says what helps', async () => {
  render(<><Pop label="Columns" trigger="⋮">Which columns</Pop><Toasts /></>);
  fireEvent.click(screen.getByRole('button', { name: 'Columns' }));
  await screen.findByText('A new version is here. Reload the page.');
  await waitFor(() => expect(screen.getByRole('button', { name: 'Columns' }).getAttribute('aria-expanded')).toBe('false'));
  expect(screen.queryByText('Which columns')).toBeNull();
});
