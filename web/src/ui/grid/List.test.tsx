import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Page } from '../../api/types';
import { ticks } from '../../lib/live';
import type { Column } from './columns';
import { List } from './List';

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  Element.prototype.scrollTo = () => {};
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

interface Row { id: string }
const columns: Column<Row>[] = [{ id: 'id', title: 'ID', width: '100px', render: (row) => row.id }];
const change = () => act(() => ticks.set({ ...ticks.get(), log: ticks.get().log + 1 }));

it('a list that could not be read appears with the next change', async () => {
  const read = vi.fn(async (): Promise<Page<Row>> => ({ items: [{ id: 'seven' }], next_cursor: null, total: { count: 1, exact: true } })).mockRejectedValueOnce(new Error('away'));
  render(<List<Row> name="test" label="Test" columns={columns} read={read} idOf={(row) => row.id} topic="log" counted="log.found" empty={null} />);
  await screen.findByText('This could not be loaded.');
  change();
  expect(await screen.findByText('seven')).toBeTruthy();
  expect(screen.queryByText('This could not be loaded.')).toBeNull();
  expect(screen.getByText('1 attempt')).toBeTruthy();
});
