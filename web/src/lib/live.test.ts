import { afterEach, expect, it, vi } from 'vitest';
import { listen, readTicks, streaming } from './live';

const before = { queue: 1, log: 1, connections: 1, delivery: 1 };
it('takes over the counters that it knows, and nothing else', () => {
  expect(readTicks('{"queue": 5, "log": 2, "weather": 9}', before)).toEqual({ queue: 5, log: 2, connections: 1, delivery: 1 });
  expect(readTicks('not json', before)).toBe(before);
});

afterEach(() => vi.unstubAllGlobals());

it('tells when it is refused, and not of a broken stream, which the browser opens again', () => {
  let source!: Stream;
  class Stream {
    static CLOSED = 2;
    readyState = 0;
    onopen = () => {};
    onerror = () => {};
    addEventListener() {}
    close() {}
    constructor() { source = this; }
  }
  vi.stubGlobal('EventSource', Stream);
  const refused = vi.fn();
  const stop = listen(refused);
  source.onopen();
  expect(streaming.get()).toBe(true);
  source.onerror();
  expect(streaming.get()).toBe(false);
  expect(refused).not.toHaveBeenCalled();
  source.readyState = Stream.CLOSED;
  source.onerror();
  expect(refused).toHaveBeenCalledTimes(1);
  stop();
});
