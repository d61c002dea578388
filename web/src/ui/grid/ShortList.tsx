// A list that the server gives whole: the same grid, without cursors; its filters are applied here.
import { Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import { cleared, isSet } from '../../lib/filters';
import { t, tn } from '../../lib/i18n';
import { useUrlState } from '../../lib/url';
import type { MessageKey } from '../../messages/en';
import { Empty, Failure } from '../kit';
import { LiveMark } from '../LiveMark';
import { Chips } from './Chips';
import { passes, visible, type Column } from './columns';
import { FilterSheet } from './FilterSheet';
import { Grid } from './Grid';

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  chosen?: string[];
  rows: Row[] | undefined;
  error?: unknown;
  retry: () => void;
  idOf: (row: Row) => string;
  onOpen?: (row: Row) => void;
  openId?: string | null;
  counted: MessageKey;
  empty: ReactNode;
  rowTone?: (row: Row) => string;
  /** The page hears of its changes at once. */
  live?: boolean;
}

const BONES = 5;

export function ShortList<Row>({ label, columns, chosen, rows, error, retry, idOf, onOpen, openId, counted, empty, rowTone, live }: Props<Row>) {
  const [params, change] = useUrlState();
  const filters = columns.flatMap((column) => column.filter ?? []);
  const shown = rows?.filter((row) => passes(row, columns, params));
  const reset = () => change(cleared(filters));
  return (
    <div className="card list fitting">
      {filters.length > 0 && <div className="list-bar phone-only"><FilterSheet columns={columns} params={params} onChange={change} /></div>}
      <Chips columns={columns} params={params} onChange={change} />
      {error != null && <Failure error={error} retry={retry} />}
      <Grid label={label} columns={visible(columns, chosen)} count={shown ? shown.length : error ? 0 : BONES} total={shown?.length} at={(index) => shown?.[index]} idOf={idOf}
        onOpen={onOpen} openId={openId} rowTone={rowTone} params={params} onFilter={change}
        empty={!rows ? null : rows.length > 0 && filters.some((filter) => isSet(filter, params))
          ? <Empty icon={Inbox} title={t('list.nothing_matches')} action={<button type="button" className="button" onClick={reset}>{t('list.clear_filters')}</button>} />
          : empty} />
      <div className="list-foot">
        <span className="num" role="status">{shown ? tn(counted, shown.length) : error ? '' : t('status.loading')}</span>
        <span className="grow" />
        {live && <LiveMark />}
      </div>
    </div>
  );
}
