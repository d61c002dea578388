// A long list of the server's, whole: search, segments, chips, the grid, what is new, failures, totals. A page says which
// columns it has and how a page of rows is read; everything else is the same everywhere.
import { ArrowUp, Inbox, Search } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { takeArrived, takeComing } from '../../lib/early';
import { toQuery, toSearch, type Query } from '../../lib/filters';
import * as format from '../../lib/format';
import { t, tn } from '../../lib/i18n';
import type { MessageKey } from '../../messages/en';
import type { Page } from '../../api/types';
import { useBeat, type Topic } from '../../lib/live';
import { PAGE_SIZES, setPreferences, usePreferences } from '../../lib/prefs';
import { useUrlState, type UrlChange } from '../../lib/url';
import { useKeyset } from '../../lib/useKeyset';
import { Empty, Failure, Segments } from '../kit';
import { LiveMark } from '../LiveMark';
import { Chips, inWords } from './Chips';
import { ColumnsMenu } from './ColumnsMenu';
import { readSort, visible, writeSort, type Column, type Sort } from './columns';
import { FilterSheet } from './FilterSheet';
import { focusRows, Grid } from './Grid';

export interface ListState<Row> {
  /** What is asked for, as of now. */
  query: () => Query;
  params: URLSearchParams;
  total: { count: number; exact: boolean } | null;
  rows: () => Row[];
  reload: () => void;
}

interface Props<Row> {
  /** Its name in preferences and views. */
  name: string;
  label: string;
  columns: Column<Row>[];
  read: (query: Query & { sort?: string; cursor?: string; limit: number }, signal: AbortSignal) => Promise<Page<Row>>;
  idOf: (row: Row) => string;
  /** What the server tells changes of; a list without one looks for itself, calmly. */
  topic?: Topic;
  sort?: Sort;
  counted: MessageKey;
  search?: { name: string; placeholder: string; toValue?: (typed: string) => string };
  segments?: { name: string; label: string; options: { value: string; label: string; count?: string }[] };
  rowTone?: (row: Row) => string;
  onOpen?: (row: Row) => void;
  selection?: { has: (row: Row) => boolean; toggle: (row: Row, extend: boolean) => void; any: boolean; clear: () => void };
  bulk?: (state: ListState<Row>) => ReactNode;
  tools?: (state: ListState<Row>) => ReactNode;
  /** What is said when there is nothing at all. */
  empty: ReactNode;
  onState?: (state: ListState<Row>) => void;
}

const TYPING_MS = 350;
/** By then a dialog has closed. */
const CLOSED_MS = 400;

export function List<Row>(props: Props<Row>) {
  const { name, columns, read, idOf, selection } = props;
  const [params, change] = useUrlState();
  const { columns: { [name]: chosen }, page_size: pageSize, time_zone: zone } = usePreferences();
  const tick = useBeat(props.topic);
  const [atTop, setAtTop] = useState(true);
  const openId = params.get('open');

  const filters = useMemo(() => columns.flatMap((column) => column.filter ?? []), [columns]);
  const fallback = props.sort ?? { field: '', down: true };
  const sort = readSort(params.get('sort'), fallback);
  // Filters without the open row: opening a row is no new list.
  const filterKey = [...params].filter(([key]) => key !== 'open').map((pair) => pair.join('=')).sort().join('&');
  // "The last hour" is one at each look; what is asked for stays the same question.
  const query = () => toQuery(filters, params);
  const question = useMemo(() => toQuery(filters, params, 0), [filterKey, filters.length]);
  const key = JSON.stringify([question, writeSort(sort), pageSize]);

  const ask = () => ({ ...query(), ...(props.sort && { sort: writeSort(sort) }), limit: pageSize });
  const askedLast = useRef<ReturnType<typeof ask>>(null);
  const place = () => [`/${name}`, new URLSearchParams(toSearch(ask()))] as const;
  const fetchPage = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      if (cursor === null) askedLast.current = ask();
      // Further pages are those of the head's question.
      const asked = (askedLast.current ??= ask());
      return (cursor === null && ((await takeComing(...place())) as Page<Row> | undefined)) || read({ ...asked, ...(cursor !== null && { cursor }) }, signal);
    },
    [key],
  );
  const first = () => takeArrived(...place()) as Page<Row> | undefined;
  const [within, setWithin] = useState(false);
  const calm = atTop && !within && !selection?.any && !openId;
  const { ladder, at, want } = useKeyset<Row>({ key, fetchPage, idOf, first, tick, calm });

  const state: ListState<Row> = { query, params, total: ladder.total, rows: () => ladder.loadedRows(), reload: () => void ladder.reload() };
  const onState = props.onState;
  useEffect(() => onState?.(state), [onState, ladder, ladder.version]);

  // What was selected among other rows is not meant of these.
  const clear = selection?.clear;
  useEffect(() => clear?.(), [JSON.stringify(question)]);

  // The bar above the rows has gone, and the focus with it.
  const marked = !!selection?.any;
  const wasMarked = useRef(marked);
  useEffect(() => {
    const gone = wasMarked.current && !marked;
    wasMarked.current = marked;
    if (!gone) return;
    focusRows();
    // Or from a dialog that gives it back to the bar.
    setTimeout(focusRows, CLOSED_MS);
  }, [marked]);

  const told = useRef(key);
  const counted = ladder.total !== null;
  useEffect(() => { if (counted) told.current = key; }, [key, counted]);

  // In another zone each time is written anew.
  const shown = useMemo(() => visible(columns, chosen), [columns, chosen, zone]);
  const filtered = Object.keys(question).length > 0;
  const onFilter = (what: UrlChange) => change(what);
  const onSort = (field: string) => change({ sort: sort.field === field ? writeSort({ field, down: !sort.down }) : writeSort({ field, down: false }) });
  const resetFilters = () => change(Object.fromEntries([...params.keys()].filter((each) => each !== 'open' && each !== 'sort').map((each) => [each, null])));

  return (
    <div className="card list">
      {selection?.any && props.bulk ? props.bulk(state) : (
        <div className="list-bar">
          {props.search && <SearchBox {...props.search} params={params} onChange={onFilter} />}
          {props.segments && <SegmentBar {...props.segments} params={params} onChange={onFilter} />}
          <span className="grow phone-hide" />
          <FilterSheet columns={columns} params={params} sort={sort} onChange={onFilter} />
          {props.tools?.(state)}
          <ColumnsMenu list={name} columns={columns} />
        </div>
      )}
      <Chips columns={columns} params={params} onChange={onFilter} />
      {ladder.error && <Failure error={ladder.error} retry={() => ladder.retry()} />}
      {ladder.fresh > 0 && !calm && (
        <Fresh count={ladder.fresh} more={ladder.freshIsMore} onShow={() => { document.querySelector('.scroller')?.scrollTo({ top: 0 }); void ladder.refresh(true).then(() => setTimeout(focusRows)); }} />
      )}
      <Grid label={props.label} columns={shown} count={ladder.count} total={ladder.total?.exact ? ladder.total.count : undefined} at={at} idOf={idOf}
        onRange={want} resetKey={key} sort={props.sort && sort} onSort={onSort} onOpen={props.onOpen} openId={openId}
        onSelect={selection?.toggle} selected={selection?.has} rowTone={(row) => `${props.rowTone?.(row) ?? ''} ${ladder.isGone(row) ? 'gone' : ''}`} onTop={setAtTop} onWithin={setWithin} params={params} onFilter={onFilter}
        empty={ladder.error ? null : ladder.stalled ? null : filtered ? (
          <Empty icon={Inbox} title={t('list.nothing_matches')} action={<button type="button" className="button" onClick={resetFilters}>{t('list.clear_filters')}</button>}>{t('list.searched', { what: inWords(columns, params) })} {t('list.nothing_matches_help')}</Empty>
        ) : props.empty} />
      <div className="list-foot">
        {/* Told after a change of the filter; not each time that mail comes or goes. */}
        <span aria-live={told.current === key ? 'off' : 'polite'} className="num">{ladder.total ? tn(props.counted, ladder.total.count, { n: format.total(ladder.total.count, ladder.total.exact) }) : ladder.error ? '' : t('status.loading')}</span>
        {ladder.stalled && <button type="button" className="button little" onClick={() => ladder.retry()}>{t('list.search_on')}</button>}
        {!ladder.stalled && ladder.searching && filtered && <span className="faint">{t('list.searching')}</span>}
        <span className="grow" />
        <label className="line phone-hide">
          {t('list.page_size')}
          <select className="input little" value={pageSize} onChange={(event) => setPreferences({ page_size: Number(event.target.value) })}>
            {PAGE_SIZES.map((size) => <option key={size} value={size}>{size}</option>)}
          </select>
        </label>
        {props.topic && <LiveMark />}
      </div>
    </div>
  );
}

/** Says that there are new rows when the first ones have come; how many there are by now is seen. */
function Fresh({ count, more, onShow }: { count: number; more: boolean; onShow: () => void }) {
  const [said, setSaid] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(true), 1_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="fresh" aria-live={said ? 'off' : 'polite'}>
      <button type="button" className="button little" onClick={onShow}>
        <ArrowUp aria-hidden />{tn('list.show_new', count, { n: format.total(count, !more) })}
      </button>
    </div>
  );
}

function SearchBox({ name, placeholder, toValue, params, onChange }: NonNullable<Props<unknown>['search']> & { params: URLSearchParams; onChange: (change: UrlChange) => void }) {
  const value = params.get(name) ?? '';
  const [text, setText] = useState(value);
  const typed = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Back, a chip or a view changes the address; what is being typed is not overwritten by its own echo.
  useEffect(() => {
    if (value === typed.current) return;
    clearTimeout(timer.current);
    typed.current = value;
    setText(value);
  }, [value]);
  // What was being typed on a page is not for the next one.
  useEffect(() => () => clearTimeout(timer.current), []);
  const commit = (next: string) => {
    clearTimeout(timer.current);
    typed.current = toValue ? toValue(next) : next.trim();
    onChange({ [name]: typed.current || null });
  };
  return (
    <div className="with-icon">
      <Search aria-hidden />
      <input className="input" type="search" aria-label={placeholder} placeholder={placeholder} value={text}
        onChange={(event) => { const next = event.target.value; setText(next); clearTimeout(timer.current); timer.current = setTimeout(() => commit(next), TYPING_MS); }}
        onKeyDown={(event) => { if (event.key === 'Enter') commit(text); if (event.key === 'Escape' && text) { event.preventDefault(); setText(''); commit(''); } }} />
    </div>
  );
}

function SegmentBar({ name, label, options, params, onChange }: NonNullable<Props<unknown>['segments']> & { params: URLSearchParams; onChange: (change: UrlChange) => void }) {
  const set = params.getAll(name);
  return (
    <Segments label={label} value={set.length === 0 ? 'all' : set.length === 1 ? set[0]! : null}
      options={[{ value: 'all', label: t('filter.all') }, ...options]} onChange={(value) => onChange({ [name]: value === 'all' ? null : value })} />
  );
}
