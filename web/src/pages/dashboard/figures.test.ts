import { describe, expect, it } from 'vitest';
import { connectionFigures, depth, growth, successRate, sum, windowOf } from './figures';

const bucket = (at: string, succeeded: number, failed: number) => ({ at, submitted: 1, succeeded, failed, finished: 0 });

describe('the dashboard', () => {
  it('gives the share of attempts that succeeded, and its change', () => {
    const [now, before] = [sum([bucket('', 5, 1), bucket('', 4, 0)]), sum([bucket('', 5, 5)])];
    expect(successRate(now)).toBe(0.9);
    expect(successRate(before)).toBe(0.5);
    expect(growth(now.succeeded, before.succeeded)).toBeCloseTo(0.8);
  });
  it('counts deferred attempts as such, and against a connection’s rate', () => {
    const latency = { count: 6, p50_ms: 100, p95_ms: 200, p99_ms: 200 };
    const all = [{ connection_id: 7, succeeded: 6, failed: 1, deferred: 1, latency }];
    expect(connectionFigures(all, 7)).toEqual({ succeeded: 6, failed: 1, deferred: 1, latency, rate: 0.75 });
    expect(connectionFigures(all, 8)).toEqual({ succeeded: 0, failed: 0, deferred: 0, latency: null, rate: null });
    expect(connectionFigures(undefined, 7).rate).toBeNull();
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
