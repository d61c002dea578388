import { beforeEach, describe, expect, it } from 'vitest';
import * as format from './format';
import { browserLanguage, t, tn, unturned, word } from './i18n';
import { prefs } from './prefs';

beforeEach(() => prefs.set({ ...prefs.get(), time_zone: 'UTC' }));

describe('formats', () => {
  it('write times to the second, with the year only when it is another', () => {
    const now = new Date('2026-11-27T00:00:00Z');
    expect(format.dateTime('2026-11-23T21:59:55.123Z', now)).toBe('23 Nov, 21:59:55');
    expect(format.dateTime('2025-11-23T21:59:55.123Z', now)).toContain('2025');
    expect(format.clock('2026-11-23T21:59:55.123Z')).toBe('21:59:55.123');
  });
  it('call no share all that is not quite all', () => {
    expect([0.9996, 1, 0.5, 0.99999].map((share) => format.percent(share))).toEqual(['99.9%', '100%', '50%', '99.9%']);
    expect(format.percent(0.996, 0)).toBe('99%');
    expect(format.percent(1.25)).toBe('125%');
  });
  it('write sizes, spans and durations in their largest unit, on one line with it', () => {
    expect(format.bytes(1)).toBe('1\u00a0byte');
    expect(format.bytes(38_457)).toBe('38\u00a0kB');
    expect(format.bytes(1_234_567)).toBe('1.2\u00a0MB');
    expect(format.span(14 * 60 + 5)).toBe('14\u00a0mins');
    expect(format.milliseconds(562)).toBe('562\u00a0ms');
    expect(format.milliseconds(2_140)).toBe('2.1\u00a0secs');
  });
  it('say how far away a time is', () => {
    const now = Date.parse('2026-11-27T00:00:00Z');
    expect(format.relative('2026-11-26T23:57:00Z', now)).toBe('3 minutes ago');
    expect(format.relative('2026-11-27T02:00:00Z', now)).toBe('in 2 hours');
    expect(format.relative('2026-11-26T23:59:50Z', now)).toBe('just now');
  });
  it('mark a total that is not exact', () => {
    expect(format.total(10_000, false)).toBe('10,000+');
    expect(format.total(12, true)).toBe('12');
  });
});

describe('messages', () => {
  it('fill in and count', () => {
    expect(t('log.attempt_n', { n: 1200 })).toBe('Attempt 1,200');
    expect(tn('queue.found', 1)).toBe('1 email');
    expect(tn('queue.found', 10_000, { n: '10,000+' })).toBe('10,000+ emails');
  });
  it('fall back to the API’s word', () => {
    expect(word('status', 'in_progress')).toBe('IN PROGRESS');
    expect(word('timeline', 'made_up.later')).toBe('made up later');
  });
  it('choose the browser’s first language that the house speaks', () => {
    expect(browserLanguage(['fr-FR', 'en-US'])).toBe('en');
    expect(browserLanguage(['fr'])).toBe('en');
  });
  it('lets no name turn the sentence that it stands in', () => {
    expect(unturned('invoice\u202efdp.exe')).toBe('invoice\ufffdfdp.exe');
    expect(t('connections.created', { caption: '\u2069\u202eevil' })).toBe('“\ufffd\ufffdevil” is created.');
    expect(unturned('שלום\u200f, café')).toBe('שלום\u200f, café');
  });
});
