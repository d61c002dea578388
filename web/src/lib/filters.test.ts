import { describe, expect, it } from 'vitest';
import { emailPattern, fromLocalInput, instant, isSet, toLocalInput, toQuery, toSearch, type Filter } from './filters';

const filters: Filter[] = [
  { kind: 'text', name: 'email' },
  { kind: 'choice', name: 'status', many: true, options: [{ value: 'success', label: '' }, { value: 'fail', label: '' }] },
  { kind: 'choice', name: 'connection_id', options: [] },
  { kind: 'numbers', name: 'attempts' },
  { kind: 'dates', name: 'attempted_at' },
];
const query = (search: string, now?: number) => toQuery(filters, new URLSearchParams(search), now);

describe('filters', () => {
  it('become the API’s query, a status as often as it was chosen', () => {
    expect(query('email=ann*&status=fail&status=success&attempts_from=3')).toEqual({ email: 'ann*', status: ['fail', 'success'], attempts_from: 3 });
  });

  it('hand on what is no value of theirs: the server refuses it, instead of a list of everything', () => {
    expect(query('status=bogus&attempts_from=many&attempts_to=-1&attempted_at_from=soon&connection_id=abc')).toEqual({
      status: ['bogus'], attempts_from: 'many', attempts_to: '-1', attempted_at_from: 'soon', connection_id: 'abc',
    });
    expect(query('status=fail&status=bogus')).toEqual({ status: ['fail', 'bogus'] });
    expect(query('attempts_from=99999999999999999999')).toEqual({ attempts_from: '99999999999999999999' });
  });

  it('are set exactly when the list is asked for them', () => {
    for (const search of ['', 'unknown=1', 'status=bogus', 'status=', 'email=%20', 'email=&email=ann', 'attempts_to=x', 'attempted_at_from=', 'connection_id=1&connection_id=2']) {
      const params = new URLSearchParams(search);
      for (const filter of filters) expect([search, filter.name, isSet(filter, params)]).toEqual([search, filter.name, Object.keys(toQuery([filter], params)).length > 0]);
    }
  });

  it('let a saved view go along with the clock', () => {
    const now = Date.parse('2026-11-23T22:00:00Z');
    expect(query('attempted_at_from=-24h', now)).toEqual({ attempted_at_from: '2026-11-22T22:00:00.000Z' });
    expect(instant('-7d', now)).toBe('2026-11-16T22:00:00.000Z');
    expect(instant('yesterday')).toBeNull();
  });

  it('go into a download link as they go into the list', () => {
    expect(toSearch({ format: 'csv', status: ['fail', 'success'], reply_code: 550 })).toBe('format=csv&status=fail&status=success&reply_code=550');
  });

  it('take a typed address as whole, as a beginning or as a domain', () => {
    expect(emailPattern('ann@example.org')).toBe('ann@example.org');
    expect(emailPattern('ann')).toBe('ann*');
    expect(emailPattern('ann@exa')).toBe('ann@exa*');
    expect(emailPattern('@example.org')).toBe('*@example.org');
    expect(emailPattern(' example.org ')).toBe('*@example.org');
    expect(emailPattern('ann.')).toBe('ann.*');
    expect(emailPattern('ann.lee@exa')).toBe('ann.lee@exa*');
    expect(emailPattern('*@example.org')).toBe('*@example.org');
    expect(emailPattern('  ')).toBe('');
  });

  it('bring times to the input field and back, in UTC and in the viewer’s zone', () => {
    const iso = '2026-11-23T22:05:00.000Z';
    expect(toLocalInput(iso, true)).toBe('2026-11-23T22:05');
    expect(fromLocalInput('2026-11-23T22:05', true)).toBe(iso);
    expect(fromLocalInput(toLocalInput(iso, false), false)).toBe(iso);
    expect(fromLocalInput('', true)).toBeNull();
  });
});
