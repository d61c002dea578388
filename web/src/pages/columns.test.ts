import { describe, expect, it } from 'vitest';
import { toQuery } from '../lib/filters';
import { leastWidth, visible, type Column } from '../ui/grid/columns';
import { describe as chip } from '../ui/grid/Chips';
import { logColumns } from './log/columns';
import { queueColumns } from './queue/columns';

/** Of a small laptop's 1366 px: without the navigation (236), the page's edges (50) and a scroll bar (12). */
const ROOM = 1366 - 236 - 50 - 12;
/** The box of each row of the queue, for those who may act on mail. */
const MARK = 38;

const least = <Row>(columns: Column<Row>[]) => leastWidth(visible(columns, undefined).map((column) => column.width));

describe('the usual columns', () => {
  it('fit into a small laptop’s screen', () => {
    expect(least(queueColumns([])) + MARK).toBeLessThanOrEqual(ROOM);
    expect(least(logColumns([]))).toBeLessThanOrEqual(ROOM);
  });
});

describe('ids in the address', () => {
  const asked = <Row>(columns: Column<Row>[], name: string) => {
    const params = new URLSearchParams({ [name]: 'x1' });
    const filters = columns.flatMap((column) => column.filter ?? []);
    return [toQuery(filters, params), filters.filter((filter) => filter.name === name).map((filter) => chip(filter, params))];
  };
  it('are what the list is asked for, and chips that can be taken away', () => {
    expect(asked(queueColumns([]), 'id')).toEqual([{ id: 'x1' }, ['x1']]);
    expect(asked(logColumns([]), 'id')).toEqual([{ id: 'x1' }, ['x1']]);
    expect(asked(logColumns([]), 'provider_id')).toEqual([{ provider_id: 'x1' }, ['x1']]);
  });
});
