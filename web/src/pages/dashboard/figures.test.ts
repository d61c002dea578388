import { describe, expect, it } from 'vitest';
import { depth, growth, split, successRate, sum, windowOf } from './figures';

const bucket = (at: string, succeeded: number, failed: number) => ({ at, submitted: 1, succeeded, failed, finished: 0 });

describe('the dashboard', () => {
  it('compares a span with the one before it', () => {
    const stats = { from: '', to: '', step: 60, buckets: [bucket('2026-11-27T00:00:00Z', 5, 5), bucket('2026-11-27T02:00:00Z', 9, 1)], queue: {} as never };
    const { now, before } = split(stats, Date.parse('2026-11-27T01:00:00Z') / 1000);
    expect(successRate(sum(now))).toBe(0.9);
    expect(successRate(sum(before))).toBe(0.5);
    expect(growth(sum(now).succeeded, sum(before).succeeded)).toBeCloseTo(0.8);
  });
  it('says nothing where there is nothing to compare', () => {
    expect(successRate(sum([]))).toBeNull();
    expect(growth(3, 0)).toBeNull();
  });
  it('asks for whole steps, and for no more than the server gives', () => {
    for (const range of ['2h', '24h', '7d', '30d'] as const) {
      const { before, to, step } = windowOf(range, Date.parse('2026-11-27T04:31:07Z'));
      expect(to % step).toBe(0);
      expect((to - before) / step).toBeLessThanOrEqual(2000);
    }
  });
  it('counts the whole queue', () => {
    expect(depth({ queued: 1, scheduled: 2, sending: 3, deferred: 4, held: 5, unknown: 6, oldest_created_at: null })).toBe(21);
  });
});
