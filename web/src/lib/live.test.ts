import { afterEach, expect, it, vi } from 'vitest';
import { listen, readCounts, streaming, ticks } from './live';

it('takes over the counters that it knows, and nothing else', () => {
  const before = { queue: 1, connections: 1 };
  expect(readCounts('{"queue": 5, "log": 2, "weather": 9}', before)).toEqual({ queue: 5, log: 2, connections: 1 });
  expect(readCounts('not json', before)).toBe(before);
});

afterEach(() => vi.unstubAllGlobals());

class Stream {
  static CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 0;
  onopen = () => {};
  onerror = () => {};
  private changed = (_: { data: string }) => {};
  addEventListener(_: string, listener: typeof this.changed) { this.changed = listener; }
  tell(counts: Record<string, number>) { this.changed({ data: JSON.stringify(counts) }); }
  close() { this.readyState = Stream.CLOSED; }
  constructor() { Stream.opened.push(this); }
}

function stubStreams() {
  Stream.opened = [];
  vi.stubGlobal('EventSource', Stream);
}

it('tells when it is refused, and not of a broken stream, which the browser opens again', () => {
  stubStreams();
  const refused = vi.fn();
  const stop = listen(refused);
  const source = Stream.opened[0]!;
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

it('makes pages look when a counter changes, and everywhere when the stream was away', () => {
  vi.useFakeTimers();
  stubStreams();
  const stop = listen(() => {});
  const source = Stream.opened[0]!;
  const risen = (counts: Record<string, number>) => {
    const before = ticks.get();
    source.tell(counts);
    return Object.entries(ticks.get()).filter(([topic, tick]) => tick > before[topic as 'queue']).map(([topic]) => topic);
  };
  const all = { queue: 3, log: 3, connections: 1, delivery: 1 };
  source.onopen();
  // What the pages show was read a moment ago.
  expect(risen(all)).toEqual([]);
  expect(risen({ ...all, log: 4 })).toEqual(['log']);
  const before = ticks.get();
  vi.advanceTimersByTime(3_000);
  expect(ticks.get()).toEqual({ queue: before.queue + 1, log: before.log, connections: before.connections + 1, delivery: before.delivery + 1 });
  source.onerror();
  source.onopen();
  // The server was restarted, and its counters stand by chance where they stood.
  expect(risen({ ...all, log: 4 })).toEqual(Object.keys(all));
  expect(risen({ queue: 0, log: 4, connections: 1, delivery: 1 })).toEqual(['queue']);
  stop();
  vi.useRealTimers();
});

it('leaves its connection to other tabs while nobody looks, and catches up afterwards', () => {
  stubStreams();
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  const look = (away: boolean) => {
    hidden.mockReturnValue(away);
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const stop = listen(() => {});
  look(true);
  expect(Stream.opened.map(({ readyState }) => readyState)).toEqual([Stream.CLOSED]);
  const { queue } = ticks.get();
  look(false);
  expect(Stream.opened.length).toBe(2);
  expect(ticks.get().queue).toBe(queue + 1);
  look(false);
  expect(Stream.opened.length).toBe(2);
  stop();
  look(false);
  expect(Stream.opened.length).toBe(2);
});
