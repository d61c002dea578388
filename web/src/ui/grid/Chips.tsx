// The set filters, each of which can be taken away, and Reset for all of them.
import { X } from 'lucide-react';
import { cleared, instant, isSet, namesOf, valuesOf, type Filter } from '../../lib/filters';
import * as format from '../../lib/format';
import { t } from '../../lib/i18n';
import type { UrlChange } from '../../lib/url';
import type { Column } from './columns';

/** A filter's present value in words. */
export function describe(filter: Filter, params: URLSearchParams): string {
  const [first, second] = namesOf(filter);
  if (filter.kind === 'choice')
    return valuesOf(filter, params, filter.name).map((value) => filter.options.find((option) => option.value === value)?.label ?? value).join(t('filter.or'));
  const [from] = valuesOf(filter, params, first!);
  if (second === undefined) return from ?? '';
  const [to] = valuesOf(filter, params, second);
  if (filter.kind === 'dates') {
    if (from && /^-(1h|24h|7d|30d)$/.test(from) && !to) return t(`filter.last${from as '-1h'}`);
    const shown = (text: string) => {
      const at = instant(text);
      return at ? format.dateTime(at) : text;
    };
    return [from && t('filter.from_value', { value: shown(from) }), to && t('filter.before_value', { value: shown(to) })].filter(Boolean).join(' ');
  }
  return [from && `≥ ${from}`, to && `≤ ${to}`].filter(Boolean).join(', ');
}

const setOf = <Row,>(columns: Column<Row>[], params: URLSearchParams) => columns.filter((column) => column.filter && isSet(column.filter, params));

/** All that is set, as one says it. */
export const inWords = <Row,>(columns: Column<Row>[], params: URLSearchParams) =>
  setOf(columns, params).map((column) => `${column.title}: ${describe(column.filter!, params)}`).join(', ');

export function Chips<Row>({ columns, params, onChange }: { columns: Column<Row>[]; params: URLSearchParams; onChange: (change: UrlChange) => void }) {
  const set = setOf(columns, params);
  if (set.length === 0) return null;
  const without = (of: Column<Row>[]): UrlChange => cleared(of.map((column) => column.filter!));
  return (
    <div className="chips" role="group" aria-label={t('filter.active')}>
      {set.map((column) => (
        <span key={column.id} className="chip">
          <span>{column.title}:</span>
          <b className="cut">{describe(column.filter!, params)}</b>
          <button type="button" aria-label={t('filter.remove', { column: column.title })} onClick={() => onChange(without([column]))}><X aria-hidden /></button>
        </span>
      ))}
      <button type="button" className="button plain little" onClick={() => onChange(without(set))}>{t('action.reset')}</button>
    </div>
  );
}
