import { memo } from 'react';
import { ArrowDown, ArrowUp, ChevronsUpDown, ListFilter } from 'lucide-react';
import { isSet } from '../../lib/filters';
import { t } from '../../lib/i18n';
import type { UrlChange } from '../../lib/url';
import { Pop } from '../overlay';
import type { Column, Sort } from './columns';
import { FilterForm } from './FilterForm';

interface Props<Row> {
  columns: Column<Row>[];
  sort?: Sort;
  onSort?: (field: string) => void;
  params?: URLSearchParams;
  onFilter?: (change: UrlChange) => void;
}

function PlainHead<Row>({ columns, sort, onSort, params, onFilter }: Props<Row>) {
  return (
    <div role="rowgroup" className="grid-head">
      <div role="row" className="grid-row" aria-rowindex={1}>
        {columns.map((column) => {
          const sorted = column.sort !== undefined && sort?.field === column.sort;
          return (
            <div key={column.id} role="columnheader" className={`head-cell ${column.align ?? ''} ${column.pinned ? 'pinned' : ''}`}
              aria-sort={column.sort ? (sorted ? (sort.down ? 'descending' : 'ascending') : 'none') : undefined}>
              {column.head ?? <HeadTitle column={column} sorted={sorted} down={!!sort?.down} onSort={onSort} />}
              {column.filter && params && onFilter && (
                <Pop className="sieve" label={t('filter.by', { column: column.title })} title={column.title} on={isSet(column.filter, params)} trigger={<ListFilter aria-hidden />}>
                  <FilterForm filter={column.filter} title={column.title} params={params} onChange={onFilter} />
                </Pop>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

export const GridHead = memo(PlainHead) as typeof PlainHead;

function HeadTitle<Row>({ column, sorted, down, onSort }: { column: Column<Row>; sorted: boolean; down: boolean; onSort?: (field: string) => void }) {
  if (!column.sort) return <span className="clamp">{column.title}</span>;
  return (
    <button type="button" className="sort" onClick={() => onSort?.(column.sort!)}>
      <span className="clamp">{column.title}</span>
      {sorted ? down ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden /> : <ChevronsUpDown className="unsorted" aria-hidden />}
    </button>
  );
}
