import type { ReactNode } from 'react';
import type { Filter } from '../../lib/filters';

export interface Column<Row> {
  id: string;
  title: string;
  /** A track of CSS grid: "120px", "minmax(140px, 1fr)". */
  width: string;
  render: (row: Row) => ReactNode;
  align?: 'end';
  /** The API's name to sort by, where it offers that. */
  sort?: string;
  filter?: Filter;
  /** Of a list that the server gives whole: what the filter looks at. */
  value?: (row: Row) => string | string[];
  /** Its place on a phone; columns without one are seen in the details. */
  phone?: 'mark' | 'title' | 'detail' | 'status' | 'time' | 'action';
  /** Instead of the title: a checkbox, or nothing to see. */
  head?: ReactNode;
  /** Can't be hidden: marks and actions. */
  fixed?: boolean;
  /** Hidden until someone chooses it. */
  extra?: boolean;
  /** Stays at the right edge when the list is scrolled sideways. */
  pinned?: boolean;
}

/** The columns to show: the chosen ones, in the list's own order, and those that can't be hidden. */
export function visible<Row>(columns: Column<Row>[], chosen: string[] | undefined): Column<Row>[] {
  return columns.filter((column) => column.fixed || (chosen ? chosen.includes(column.id) : !column.extra));
}

/** The least width that the shown columns need before the list scrolls sideways. */
export function leastWidth(widths: string[]): number {
  return widths.reduce((sum, width) => sum + Number(/(\d+)px/.exec(width)?.[1] ?? 100), 0);
}

export interface Sort {
  field: string;
  down: boolean;
}

export function readSort(text: string | null, fallback: Sort): Sort {
  if (!text) return fallback;
  return text.startsWith('-') ? { field: text.slice(1), down: true } : { field: text, down: false };
}

export const writeSort = ({ field, down }: Sort) => (down ? `-${field}` : field);

/** Whether a row of a whole list is what its columns' filters ask for: text is contained, choices are equal. */
export function passes<Row>(row: Row, columns: Column<Row>[], params: URLSearchParams): boolean {
  return columns.every(({ filter, value }) => {
    if (!filter || !value) return true;
    const wanted = params.getAll(filter.name).filter(Boolean);
    if (wanted.length === 0) return true;
    const found = [value(row)].flat();
    if (filter.kind === 'choice') return wanted.some((one) => found.includes(one));
    return found.some((text) => text.toLowerCase().includes(wanted[0]!.toLowerCase()));
  });
}
