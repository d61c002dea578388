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

export const isSet = (filter: Filter, params: URLSearchParams) => namesOf(filter).some((name) => params.has(name));

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

function valueOf(filter: Filter, params: URLSearchParams, name: string, now: number): string | number | string[] | null {
  const raw = params.getAll(name).filter(Boolean);
  if (raw.length === 0) return null;
  switch (filter.kind) {
    case 'dates':
      return instant(raw[0]!, now);
    case 'number':
    case 'numbers': {
      const n = Number(raw[0]);
      return Number.isInteger(n) && n >= 0 ? n : null;
    }
    case 'choice': {
      const known = raw.filter((value) => filter.options.length === 0 || filter.options.some((option) => option.value === value));
      if (known.length === 0) return null;
      return filter.many ? known : known[0]!;
    }
    default:
      return raw[0]!.trim() || null;
  }
}

/** The API's query of an address. What is no value of its filter is left out, so that an old link still opens. */
export function toQuery(filters: Filter[], params: URLSearchParams, now = Date.now()): Query {
  const query: Query = {};
  for (const filter of filters)
    for (const name of namesOf(filter)) {
      const value = valueOf(filter, params, name, now);
      if (value !== null) query[name] = value;
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

/** An address typed into the search box: whole, a beginning, or a domain, as the API wants it. */
export function emailPattern(typed: string): string {
  const text = typed.trim();
  if (text === '' || text.includes('*')) return text;
  if (text.startsWith('@')) return `*${text}`;
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
