import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Page } from '../../api/types';
import { streaming, ticks } from '../../lib/live';
import type { Column } from './columns';
import { List } from './List';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  streaming.set(null);
  history.replaceState(null, '', '/');
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

const dated: Column<Row>[] = [...columns, { id: 'at', title: 'At', width: '100px', filter: { kind: 'dates', name: 'at' }, render: () => null }];
const answer = async (): Promise<Page<Row>> => ({ items: [{ id: 'seven' }], next_cursor: null, total: { count: 1, exact: true } });
const list = (more: Partial<Parameters<typeof List<Row>>[0]> = {}) => (
  <List<Row> name="test" label="Test" columns={dated} read={answer} idOf={(row) => row.id} counted="log.found" empty={null} search={{ name: 'email', placeholder: 'Find' }} {...more} />
);

it('"the last hour" is another one at each look, and the same list', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-28T03:00:00Z'), toFake: ['Date'] });
  history.replaceState(null, '', '/?at_from=-1h');
  const read = vi.fn(answer);
  const { rerender } = render(list({ read, topic: 'log' }));
  await screen.findByText('seven');
  vi.setSystemTime(Date.parse('2026-11-28T04:00:00Z'));
  rerender(list({ read, topic: 'log' }));
  expect(read.mock.calls.length).toBe(1);
  change();
  await vi.waitFor(() => expect(read.mock.calls.length).toBe(2));
  expect((read.mock.calls as unknown as [{ at_from: string }][]).map(([{ at_from }]) => at_from.slice(0, 16))).toEqual(['2026-11-28T02:00', '2026-11-28T03:00']);
});

it('what was being typed leads nobody back who has left the page, and is gone after a reset', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  history.replaceState(null, '', '/?email=ann');
  const { unmount } = render(list());
  const type = (text: string) => fireEvent.change(screen.getByRole('searchbox'), { target: { value: text } });
  type('anna');
  act(() => { history.replaceState(null, '', '/'); });
  act(() => { vi.advanceTimersByTime(1_000); });
  expect(location.search).toBe('');
  type('bob');
  unmount();
  vi.advanceTimersByTime(1_000);
  expect(location.search).toBe('');
});

it('is called live only where the server tells of its changes', async () => {
  streaming.set(true);
  const { rerender } = render(list());
  await screen.findByText('seven');
  expect(screen.queryByText('Live')).toBeNull();
  rerender(list({ topic: 'log' }));
  expect(screen.getByText('Live')).toBeTruthy();
});
