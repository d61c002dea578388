import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Column } from './columns';
import { focusRows, Grid } from './Grid';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const drawn = vi.fn();
const columns: Column<{ id: string }>[] = [{ id: 'id', title: 'ID', width: '100px', render: (row) => { drawn(row.id); return <a href="/x">{row.id}</a>; } }];
const shown = (ids: string[], more = {}) => (
  <Grid label="Mail" columns={columns} count={ids.length} at={(index) => (ids[index] ? rows[ids[index]] : undefined)} idOf={(row) => row.id} {...more} />
);
const rows: Record<string, { id: string }> = Object.fromEntries(['a', 'b', 'c', 'new'].map((id) => [id, { id }]));
const row = (name: string) => screen.getByRole('row', { name });

it('opens and marks the row that has the focus, whatever has come in above it', async () => {
  const onOpen = vi.fn();
  const onSelect = vi.fn();
  const { rerender } = render(shown(['a', 'b', 'c'], { onOpen, onSelect }));
  (await screen.findByRole('row', { name: 'b' })).focus();
  rerender(shown(['new', 'a', 'b', 'c'], { onOpen, onSelect }));
  expect(document.activeElement).toBe(row('b'));
  fireEvent.keyDown(row('b'), { key: 'Enter' });
  expect(onOpen).toHaveBeenCalledExactlyOnceWith({ id: 'b' });
  fireEvent.keyDown(row('b'), { key: ' ' });
  expect(onSelect).toHaveBeenCalledExactlyOnceWith({ id: 'b' }, false);
  fireEvent.keyDown(row('b'), { key: 'ArrowUp' });
  expect(document.activeElement).toBe(row('a'));
  fireEvent.keyDown(row('a'), { key: 'ArrowDown' });
  expect(document.activeElement).toBe(row('b'));
});

it('lets Tab leave: what stands in the other rows is not on its way', async () => {
  render(shown(['a', 'b', 'c']));
  await screen.findByRole('row', { name: 'c' });
  const stops = () => screen.getAllByRole('link').filter((link) => link.tabIndex === 0).map((link) => link.textContent);
  expect(stops()).toEqual(['a']);
  fireEvent.focus(row('c'));
  expect(stops()).toEqual(['c']);
});

it('draws no row again for what is not in it', () => {
  const { rerender } = render(shown(['a', 'b']));
  drawn.mockClear();
  rerender(shown(['a', 'b'], { onOpen: () => {} }));
  expect(drawn).not.toHaveBeenCalled();
});

it('gives the focus to its row when what had it has gone, and takes it from nobody', () => {
  render(<>{shown(['a', 'b'])}<button type="button">Other</button></>);
  focusRows();
  expect(document.activeElement).toBe(row('a'));
  screen.getByRole('button', { name: 'Other' }).focus();
  focusRows();
  expect(document.activeElement?.textContent).toBe('Other');
});
