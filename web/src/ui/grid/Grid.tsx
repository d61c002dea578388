// The one grid of the house: rows of one height, of which only those in sight exist, in one scroll container, with the
// roles of an ARIA grid and one row in the tab order.
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { prefs } from '../../lib/prefs';
import type { UrlChange } from '../../lib/url';
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
  /** Someone goes through the rows by keys. */
  onWithin?: (within: boolean) => void;
  params?: URLSearchParams;
  onFilter?: (change: UrlChange) => void;
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

/** The same function for good, which does what the latest one does: who gets it is not drawn again for its sake. */
function useSteady<Args extends unknown[]>(act: ((...args: Args) => void) | undefined) {
  const latest = useRef(act);
  useLayoutEffect(() => { latest.current = act; });
  return useCallback((...args: Args) => latest.current?.(...args), []);
}

export function Grid<Row>(props: Props<Row>) {
  const { columns, count, at, onRange, resetKey, onTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const focusWanted = useRef(false);
  const open = useSteady(props.onOpen);
  const sortBy = useSteady(props.onSort);
  const filterBy = useSteady(props.onFilter);
  const within = useRef(false);
  const noteFocus = () => {
    const focused = scroller.current?.contains(document.activeElement) && document.activeElement!.matches('[data-index]:focus-visible, [data-index] :focus-visible');
    if (within.current === !!focused) return;
    within.current = !!focused;
    props.onWithin?.(within.current);
  };
  useEffect(() => {
    // A row may take the focus with it when it goes, and others may have come in above the one that has it.
    noteFocus();
    const focused = scroller.current?.querySelector<HTMLElement>('[data-index]:focus');
    if (focused && !focusWanted.current) setActive(Number(focused.dataset.index));
  });
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
    // The row that has the focus: others may have come in above it since it got there.
    const here = Number((event.target as HTMLElement).dataset.index ?? active);
    const row = at(here);
    const mark = () => row && (props.onSelect ? props.onSelect(row, event.shiftKey) : props.onOpen?.(row));
    const single: Record<string, () => void> = prefs.get().shortcuts ? { j: () => go(here + 1), k: () => go(here - 1), x: () => void mark() } : {};
    const keys: Record<string, () => void> = {
      ...single,
      ArrowDown: () => go(here + 1),
      ArrowUp: () => go(here - 1),
      PageDown: () => go(here + page),
      PageUp: () => go(here - page),
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
        aria-colcount={columns.length} aria-multiselectable={props.onSelect ? true : undefined} style={style as CSSProperties} onKeyDown={onKeyDown} onFocus={noteFocus} onBlur={() => setTimeout(noteFocus)}>
        <GridHead columns={columns} sort={props.sort} onSort={sortBy} params={props.params} onFilter={props.onFilter && filterBy} />
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
                  onOpen={open} onActive={setActive} />
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

/** Gives the focus to the list's row in the tab order, when what had it has gone. */
export function focusRows() {
  if (document.activeElement && document.activeElement !== document.body) return;
  document.querySelector<HTMLElement>('[data-index][tabindex="0"]')?.focus({ preventScroll: true });
}
