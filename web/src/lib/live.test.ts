import { expect, it } from 'vitest';
import { readTicks } from './live';

const before = { queue: 1, log: 1, connections: 1, delivery: 1 };
it('takes over the counters that it knows, and nothing else', () => {
  expect(readTicks('{"queue": 5, "log": 2, "weather": 9}', before)).toEqual({ queue: 5, log: 2, connections: 1, delivery: 1 });
  expect(readTicks('not json', before)).toBe(before);
});
