// What the columns can be filtered by, and how that stands in the address. The address has the API's own names, with one
// addition: a time may be "-24h" or "-7d", so that a saved view goes along with the clock.
import type { UrlChange } from './url';

export type Filter =
  | { kind: 'text'; name: string; hint?: string }
  | { kind: 'id'; name: string }
  | { kind: 'choice'; name: string; options: { value: string; label: string }[]; many?: boolean }
  | { kind: 'number'; name: string }
  | { kind: 'numbers'; name: string }
  | { kind: 'dates'; name: string };

export type Query = Record<string, string | number | string[]>;

/** The address' names that a filter uses. */
export function namesOf(filter: Filter): string[] {
  return filter.kind === 'numbers' || filter.kind === 'dates' ? [`${filter.name}_from`, `${filter.name}_to`] : [filter.name];
}

/** What the address says under a name; nothing but blanks is nothing. */
const given = (params: URLSearchParams, name: string) => params.getAll(name).map((value) => value.trim()).filter(Boolean);

/** What a list is asked for under one of a filter's names: the chips and the query may never tell two stories. */
export const valuesOf = (filter: Filter, params: URLSearchParams, name: string): string[] =>
  filter.kind === 'choice' && filter.many ? given(params, name) : given(params, name).slice(0, 1);

export const isSet = (filter: Filter, params: URLSearchParams) => namesOf(filter).some((name) => valuesOf(filter, params, name).length > 0);

export function cleared(filters: Filter[]): UrlChange {
  return Object.fromEntries(filters.flatMap(namesOf).map((name) => [name, null]));
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant, from ISO 8601 or "-24h"; null when it is neither. */
export function instant(text: string, now = Date.now()): string | null {
  const ago = /^-(\d{1,5})([mhd])$/.exec(text);
  if (ago) return new Date(now - Number(ago[1]) * units[ago[2]!]!).toISOString();
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** A whole number as such; everything else as it is. */
export const numeric = (text: string): number | string => (/^\d{1,15}$/.test(text) ? Number(text) : text);

function toValue(filter: Filter, text: string, now: number): string | number {
  switch (filter.kind) {
    case 'dates':
      return instant(text, now) ?? text;
    case 'number':
    case 'numbers':
      return numeric(text);
    default:
      return text;
  }
}

/**
 * The API's query of an address. What is no value of its filter goes along as it is, and the server refuses it: left
 * out it would widen the list, and what is done to "all matching", to more than the chips say.
 */
export function toQuery(filters: Filter[], params: URLSearchParams, now = Date.now()): Query {
  const query: Query = {};
  for (const filter of filters)
    for (const name of namesOf(filter)) {
      const values = valuesOf(filter, params, name);
      if (values.length === 0) continue;
      query[name] = filter.kind === 'choice' && filter.many ? values : toValue(filter, values[0]!, now);
    }
  return query;
}

/** A query as a download link carries it. */
export function toSearch(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  return params.toString();
}

const NAME = /^[^@\s.][^@\s]*\.[^@\s.]+$/;

/** An address typed into the search box: whole, a beginning, or a domain ("example.org", "@example.org"), as the API wants it. */
export function emailPattern(typed: string): string {
  const text = typed.trim();
  if (text === '' || text.includes('*')) return text;
  if (text.startsWith('@')) return `*${text}`;
  if (NAME.test(text)) return `*@${text}`;
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? text : `${text}*`;
}

/** For <input type="datetime-local">, which knows no zone. */
export function toLocalInput(iso: string, utc: boolean): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const shifted = utc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function fromLocalInput(text: string, utc: boolean): string | null {
  if (!text) return null;
  const at = new Date(utc ? `${text}Z` : text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
