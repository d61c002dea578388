// The one grid of the house: rows of one height, of which only those in sight exist, in one scroll container, with the
// roles of an ARIA grid and one row in the tab order.
import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { prefs } from '../../lib/prefs';
import { leastWidth, type Column, type Sort } from './columns';
import { GridHead } from './GridHead';
import { GridRow } from './GridRow';
import { scrollTo, useRows } from './rows';

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  count: number;
  /** All rows there are, when that is known exactly. */
  total?: number;
  at: (index: number) => Row | undefined;
  idOf: (row: Row) => string;
  onRange?: (from: number, to: number) => void;
  /** A change brings the list back to its top. */
  resetKey?: string;
  sort?: Sort;
  onSort?: (field: string) => void;
  onOpen?: (row: Row) => void;
  openId?: string | null;
  onSelect?: (row: Row, extend: boolean) => void;
  selected?: (row: Row) => boolean;
  rowTone?: (row: Row) => string;
  onTop?: (atTop: boolean) => void;
  params?: URLSearchParams;
  onFilter?: (change: Record<string, string | string[] | null>) => void;
  empty?: ReactNode;
}

/** The row's height stands in the tokens, and differs on phones. */
function useRowHeight() {
  const read = () => Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 40;
  const [height, setHeight] = useState(read);
  useEffect(() => {
    const update = () => setHeight(read());
    window.addEventListener('resize', update);
    return () => window.removeEventListener('resize', update);
  }, []);
  return height;
}

export function Grid<Row>(props: Props<Row>) {
  const { columns, count, at, onRange, resetKey, onTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const focusWanted = useRef(false);
  const rowHeight = useRowHeight();
  const { from, to } = useRows(scroller, count, rowHeight);

  useEffect(() => {
    setActive(0);
    scroller.current?.scrollTo({ top: 0 });
  }, [resetKey]);

  useEffect(() => onRange?.(from, to), [from, to, onRange]);

  useEffect(() => {
    if (!focusWanted.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (row) {
      row.focus({ preventScroll: true });
      focusWanted.current = false;
    }
  });

  const go = (index: number) => {
    const next = Math.max(0, Math.min(count - 1, index));
    focusWanted.current = true;
    setActive(next);
    const box = scroller.current!;
    const head = box.querySelector('.grid-head')!.clientHeight;
    box.scrollTop = scrollTo(next, rowHeight, head, { top: box.scrollTop, height: box.clientHeight });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target as HTMLElement).matches('[role=row]') || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const row = at(active);
    const mark = () => row && (props.onSelect ? props.onSelect(row, event.shiftKey) : props.onOpen?.(row));
    const single: Record<string, () => void> = prefs.get().shortcuts ? { j: () => go(active + 1), k: () => go(active - 1), x: () => void mark() } : {};
    const keys: Record<string, () => void> = {
      ...single,
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      PageDown: () => go(active + page),
      PageUp: () => go(active - page),
      Home: () => go(0),
      End: () => go(count - 1),
      Enter: () => row && props.onOpen?.(row),
      ' ': () => void mark(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  const style = { '--columns': columns.map((column) => column.width).join(' '), '--least': `${leastWidth(columns.map((column) => column.width))}px` };
  return (
    <div className="scroller" ref={scroller} onScroll={(event) => onTop?.(event.currentTarget.scrollTop < 4)}>
      <div className="grid" role="grid" aria-label={props.label} aria-rowcount={props.total === undefined ? -1 : props.total + 1}
        aria-colcount={columns.length} aria-multiselectable={props.onSelect ? true : undefined} style={style as CSSProperties} onKeyDown={onKeyDown}>
        <GridHead columns={columns} sort={props.sort} onSort={props.onSort} params={props.params} onFilter={props.onFilter} />
        {count === 0 ? (
          <div role="rowgroup"><div role="row"><div role="gridcell" aria-colspan={columns.length}>{props.empty}</div></div></div>
        ) : (
          <div role="rowgroup" className="grid-body" style={{ height: count * rowHeight }}>
            {Array.from({ length: to - from + 1 }, (_, n) => {
              const index = from + n;
              const row = at(index);
              return (
                <GridRow key={row ? props.idOf(row) : index} row={row} rowId={row && props.idOf(row)} columns={columns} index={index} top={index * rowHeight}
                  inTabOrder={index === Math.min(active, count - 1)} selected={props.onSelect ? !!row && !!props.selected?.(row) : undefined}
                  tone={`${row ? (props.rowTone?.(row) ?? '') : ''} ${row && props.openId === props.idOf(row) ? 'open' : ''}`}
                  onOpen={props.onOpen} onActive={setActive} />
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

/** The row on the screen, for giving the focus back to it. */
export const rowElement = (id: string) => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
