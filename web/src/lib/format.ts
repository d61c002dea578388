// How numbers, sizes, times and spans are written. Times are in the viewer's zone, or in UTC if he likes that better.
import { speech, t } from './i18n';
import { prefs } from './prefs';

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const timeZone = prefs.get().time_zone === 'UTC' ? 'UTC' : undefined;
  const { locale } = speech.get();
  const key = `d${locale}${timeZone ?? ''}${JSON.stringify(options)}`;
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(locale, { hourCycle: 'h23', timeZone, ...options })));
  return made as Intl.DateTimeFormat;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const { locale } = speech.get();
  const key = `n${locale}${JSON.stringify(options)}`;
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.NumberFormat(locale, options)));
  return made as Intl.NumberFormat;
}

export const number = (n: number) => numbers({}).format(n);
export const compact = (n: number) => numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(n);
/** What is not quite all is never rounded to all. */
export const percent = (share: number, digits = 1) =>
  numbers({ style: 'percent', maximumFractionDigits: digits }).format(share < 1 ? Math.min(share, 1 - 10 ** -(digits + 2)) : share);
export const decimal = (n: number, digits = 1) => numbers({ maximumFractionDigits: digits }).format(n);

export function total(count: number, exact: boolean): string {
  return number(count) + (exact ? '' : '+');
}

/** A list's time: short, to the second; the year only when it is not this one. */
export function dateTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const year = at.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return dates({ day: '2-digit', month: 'short', year, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
}
export const dateTimeLong = (iso: string) => dates({ dateStyle: 'long', timeStyle: 'long' }).format(new Date(iso));
export const day = (iso: string) => dates({ dateStyle: 'medium' }).format(new Date(iso));
export const clock = (iso: string) =>
  dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 }).format(new Date(iso));
export const hourMinute = (at: Date) => dates({ hour: '2-digit', minute: '2-digit' }).format(at);
export const dayMonth = (at: Date) => dates({ day: 'numeric', month: 'short' }).format(at);

let ownZone: string | undefined;

export function zoneName(): string {
  if (prefs.get().time_zone === 'UTC') return 'UTC';
  return (ownZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** A number and its unit, which stay on one line. */
const measure = (n: number, unit: string, options: Intl.NumberFormatOptions = {}) =>
  numbers({ style: 'unit', unit, unitDisplay: 'short', ...options }).format(n).replaceAll(' ', '\u00a0');

export function bytes(n: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit += 1;
  }
  return measure(n, units[unit]!, { unitDisplay: unit ? 'short' : 'long', maximumFractionDigits: n < 10 && unit ? 1 : 0 });
}

export function milliseconds(n: number): string {
  return n < 1000 ? measure(Math.round(n), 'millisecond') : measure(n / 1000, 'second', { maximumFractionDigits: 1 });
}

const spans: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "14 min", of a span in seconds: its largest unit. */
export function span(seconds: number): string {
  for (const [unit, size] of spans)
    if (Math.abs(seconds) >= size)
      return measure(Math.floor(seconds / size), unit, { unitDisplay: unit === 'day' ? 'long' : 'short', maximumFractionDigits: 0 });
  return measure(Math.max(0, Math.floor(seconds)), 'second', { maximumFractionDigits: 0 });
}

function relatives(): Intl.RelativeTimeFormat {
  const { locale } = speech.get();
  let made = cache.get(`r${locale}`);
  if (!made) cache.set(`r${locale}`, (made = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })));
  return made as Intl.RelativeTimeFormat;
}

/** "3 minutes ago", "in 2 hours", "just now". */
export function relative(iso: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  for (const [unit, size] of spans) if (Math.abs(seconds) >= size) return relatives().format(Math.trunc(seconds / size), unit);
  return t('time.just_now');
}
