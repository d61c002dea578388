import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Filter } from '../../lib/filters';
import { setPreferences } from '../../lib/prefs';
import { useUrlState } from '../../lib/url';
import type { Column } from './columns';
import { FilterForm } from './FilterForm';
import { FilterSheet } from './FilterSheet';

const asked = vi.fn();
beforeEach(() => {
  asked.mockClear();
  setPreferences({ time_zone: 'UTC' });
});
afterEach(cleanup);

function Form({ filter }: { filter: Filter }) {
  const [params, change] = useUrlState();
  return <FilterForm filter={filter} title="Field" params={params} onChange={(what) => { asked(what); change(what); }} />;
}

function open(filter: Filter, search = '') {
  history.replaceState(null, '', `/log${search}`);
  render(<Form filter={filter} />);
}
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const leave = (label: string) => fireEvent.blur(screen.getByLabelText(label));

it('asks once for a date that is typed, however many digits it has', () => {
  open({ kind: 'dates', name: 'at' }, '?at_to=2026-11-27T20:00:31.000Z');
  for (const year of ['0002', '0020', '0202', '2026']) type('From', `${year}-11-01T10:00`);
  expect(asked).not.toHaveBeenCalled();
  leave('From');
  leave('From');
  // The other end was not touched: it keeps its seconds.
  expect(asked.mock.calls).toEqual([[{ at_from: '2026-11-01T10:00:00.000Z' }]]);
  expect(new URLSearchParams(location.search).get('at_to')).toBe('2026-11-27T20:00:31.000Z');
});

it('leaves a time alone that goes along with the clock', () => {
  open({ kind: 'dates', name: 'at' }, '?at_from=-24h');
  leave('From');
  fireEvent.submit(screen.getByLabelText('From').closest('form')!);
  expect(asked).not.toHaveBeenCalled();
});

it('applies what was typed when its field is left, and clears it', () => {
  open({ kind: 'text', name: 'email' });
  type('Field', ' ann ');
  leave('Field');
  expect(location.search).toBe('?email=ann');
  fireEvent.click(screen.getByRole('button', { name: 'Clear' }));
  expect([location.search, screen.getByLabelText<HTMLInputElement>('Field').value]).toEqual(['', '']);
});

it('follows the address', () => {
  open({ kind: 'numbers', name: 'attempts' }, '?attempts_from=3');
  history.pushState(null, '', '/log?attempts_from=5');
  fireEvent.popState(window);
  expect(screen.getByLabelText<HTMLInputElement>('At least').value).toBe('5');
});

it('keeps what was typed into the sheet of all filters when the list is shown', async () => {
  const column = (id: string): Column<unknown> => ({ id, title: id, width: '1px', render: () => null, filter: { kind: 'text', name: id } });
  history.replaceState(null, '', '/log');
  function Sheet() {
    const [params, change] = useUrlState();
    return <FilterSheet columns={[column('email'), column('subject')]} params={params} onChange={change} />;
  }
  render(<Sheet />);
  fireEvent.click(screen.getByRole('button', { name: 'Filters' }));
  await screen.findByLabelText('email');
  type('email', 'ann');
  type('subject', 'bill');
  fireEvent.click(screen.getByRole('button', { name: 'Show the list' }));
  expect(location.search).toBe('?email=ann&subject=bill');
});
