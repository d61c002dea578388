// What the dashboard says, out of the server's figures.
import type { Stats } from '../../api/types';

export const RANGES = {
  '2h': { seconds: 2 * 3_600, step: 60 },
  '24h': { seconds: 24 * 3_600, step: 900 },
  '7d': { seconds: 7 * 86_400, step: 7_200 },
  '30d': { seconds: 30 * 86_400, step: 28_800 },
} as const;
export type Range = keyof typeof RANGES;

/** The span that is shown and the one before it, for comparison, in one question. */
export function windowOf(range: Range, now: number) {
  const { seconds, step } = RANGES[range];
  // On whole steps, so that bars don't wander with every refresh.
  const to = Math.ceil(now / 1000 / step) * step;
  return { before: to - 2 * seconds, from: to - seconds, to, step };
}

export interface Sums {
  submitted: number;
  succeeded: number;
  failed: number;
  finished: number;
}

export function sum(buckets: Stats['buckets']): Sums {
  const sums = { submitted: 0, succeeded: 0, failed: 0, finished: 0 };
  for (const bucket of buckets) for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] += bucket[name];
  return sums;
}

/** Of the attempts; null when there was none. */
export const successRate = ({ succeeded, failed }: Pick<Sums, 'succeeded' | 'failed'>) => (succeeded + failed === 0 ? null : succeeded / (succeeded + failed));

/** How much more than before, as a share; null when there was nothing before. */
export const growth = (now: number, before: number) => (before === 0 ? null : now / before - 1);

/** What one connection did, zeros when it did nothing; the rate is of all its attempts. */
export function connectionFigures(all: Stats['connections'] | undefined, id: number) {
  const { succeeded, failed, deferred, latency } = all?.find((one) => one.connection_id === id) ?? { succeeded: 0, failed: 0, deferred: 0, latency: null };
  return { succeeded, failed, deferred, latency, rate: successRate({ succeeded, failed: failed + deferred }) };
}

export const depth = (queue: Stats['queue']) => queue.queued + queue.scheduled + queue.sending + queue.deferred + queue.held + queue.unknown;
