import { describe, expect, it } from 'vitest';
import { asCounted, extended, has, isEmpty, nothing, target, toggled } from './selection';

describe('a selection', () => {
  it('takes and loses single emails', () => {
    const one = toggled(nothing, 'a');
    expect(has(one, 'a')).toBe(true);
    expect(isEmpty(toggled(one, 'a'))).toBe(true);
  });
  it('reaches from the last mark to this one', () => {
    const loaded = ['a', 'b', 'c', 'd'];
    expect(extended(toggled(nothing, 'b'), 'b', 'd', loaded)).toEqual({ kind: 'ids', ids: new Set(['b', 'c', 'd']) });
  });
  it('sends the filter, not the ids, when all that match are meant', () => {
    expect(target({ kind: 'matching' }, { status: ['held'], connection_id: '3' })).toEqual({ filter: { status: ['held'], connection_id: 3 } });
    // No number becomes null on its way, which might be read as no filter.
    expect(target({ kind: 'matching' }, { connection_id: 'abc' })).toEqual({ filter: { connection_id: 'abc' } });
    expect(target({ kind: 'matching' }, {})).toEqual({ filter: {}, all: true });
    expect(target(toggled(nothing, 'a'), { status: ['held'] })).toEqual({ ids: ['a'] });
  });
  it('acts on the filter as it was counted, not on what has come since', () => {
    const asOf = '2026-11-27T22:00:00.123456Z';
    expect(asCounted({ filter: { lane: 'bulk' } }, asOf)).toEqual({ filter: { lane: 'bulk', created_at_to: asOf } });
    expect(asCounted({ filter: {}, all: true }, asOf)).toEqual({ filter: { created_at_to: asOf } });
    expect(asCounted({ filter: { created_at_to: '2026-11-27T23:30:00+02:00' } }, asOf)).toEqual({ filter: { created_at_to: '2026-11-27T23:30:00+02:00' } });
    expect(asCounted({ filter: { created_at_to: '2026-11-28T00:00:00.000Z' } }, asOf)).toEqual({ filter: { created_at_to: asOf } });
    expect(asCounted({ ids: ['a'] }, asOf)).toEqual({ ids: ['a'] });
  });
  it('falls back to what is on the screen when one is taken out of all', () => {
    expect(toggled({ kind: 'matching' }, 'b', ['a', 'b', 'c'])).toEqual({ kind: 'ids', ids: new Set(['a', 'c']) });
  });
});
