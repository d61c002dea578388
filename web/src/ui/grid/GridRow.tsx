import { memo, useLayoutEffect, useRef } from 'react';
import type { Column } from './columns';

interface Props<Row> {
  row: Row | undefined;
  rowId: string | undefined;
  columns: Column<Row>[];
  index: number;
  top: number;
  inTabOrder: boolean;
  /** Undefined where rows can't be selected. */
  selected: boolean | undefined;
  tone: string;
  onOpen?: (row: Row) => void;
  onActive: (index: number) => void;
}

const REACHED = 'a, button, input, select';

function PlainRow<Row>({ row, rowId, columns, index, top, inTabOrder, selected, tone, onOpen, onActive }: Props<Row>) {
  const element = useRef<HTMLDivElement>(null);
  // What stands in a row is reached by Tab from that row alone: else Tab would go through the whole list.
  useLayoutEffect(() => {
    for (const one of element.current!.querySelectorAll<HTMLElement>(REACHED)) one.tabIndex = inTabOrder ? 0 : -1;
  });
  return (
    <div ref={element} role="row" aria-rowindex={index + 2} aria-selected={selected} aria-busy={row ? undefined : true} data-index={index} data-row={rowId}
      tabIndex={inTabOrder ? 0 : -1} className={`grid-row ${tone}`} style={{ transform: `translateY(${top}px)` }}
      onFocus={(event) => {
        // Not of what is in it: Tab would leave each row behind before it comes to it.
        if (event.target === event.currentTarget) onActive(index);
      }}
      onClick={() => {
        // Whoever marks text in a row does not want it opened.
        if (row && !window.getSelection()?.toString()) onOpen?.(row);
      }}>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" data-phone={column.phone} className={`cell ${column.align ?? ''} ${column.pinned ? 'pinned' : ''}`}>
          {row ? column.render(row) : !column.fixed && <div className="bone" />}
        </div>
      ))}
    </div>
  );
}

/** Drawn again only when something in it is another. */
export const GridRow = memo(PlainRow) as typeof PlainRow;
