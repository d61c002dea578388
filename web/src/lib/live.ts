// The server says when something changes (server-sent events); pages then look for themselves. Where the stream can't
// be had, a slow clock takes its place, so that nothing stays stale for good.
import { useEffect, useState } from 'react';
import { Store, useStore } from './store';

const TOPICS = ['queue', 'log', 'connections', 'delivery'] as const;
export type Topic = (typeof TOPICS)[number];
export type Ticks = Record<Topic, number>;

/** Rise with every change. They are this page's own: a server that was restarted counts from the beginning again. */
export const ticks = new Store<Ticks>({ queue: 0, log: 0, connections: 0, delivery: 0 });
/** Whether the stream is open; null before the first attempt has ended. */
export const streaming = new Store<boolean | null>(null);

const RECONNECT_MS = 15_000;
const POLL_MS = 10_000;
/** After the stream has begun: what changed between the pages' first reading and it is looked for then. */
const CATCH_UP_MS = 3_000;

/** The server's counters, as far as they can be read: over those that it told before. */
export function readCounts(data: string, before: Partial<Ticks>): Partial<Ticks> {
  let told: Partial<Record<Topic, unknown>>;
  try {
    told = JSON.parse(data) as typeof told;
  } catch {
    return before;
  }
  const next = { ...before };
  for (const topic of TOPICS) if (typeof told[topic] === 'number') next[topic] = told[topic];
  return next;
}

function rise(topics: readonly Topic[] = TOPICS) {
  const next = { ...ticks.get() };
  for (const topic of topics) next[topic] += 1;
  ticks.set(next);
}

/** Listens until the returned function is called. `refused` is called when the answer is no stream: an EventSource does not say why. */
export function listen(refused: () => void, url = '/api/v1/events'): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let counts: Partial<Ticks> | null = null;
  let catchUp: ReturnType<typeof setTimeout> | undefined;

  // What a page shows has just been read when its first stream begins: the counters tell no news yet. All is looked at
  // once more a little later, but for what has been looked at by then.
  const begin = () => {
    const { ...at } = ticks.get();
    catchUp = setTimeout(() => rise(TOPICS.filter((topic) => ticks.get()[topic] === at[topic])), CATCH_UP_MS);
  };

  const poll = setInterval(() => {
    if (streaming.get() || document.hidden) return;
    rise();
  }, POLL_MS);

  const open = () => {
    clearTimeout(retry);
    source = new EventSource(url);
    source.onopen = () => {
      streaming.set(true);
      // What happened while nobody listened is told by no counter: the first ones of a stream are news of everything.
      if (counts) counts = {};
    };
    source.addEventListener('changed', (event) => {
      const before = counts ?? {};
      const now = readCounts((event as MessageEvent<string>).data, before);
      if (counts) rise(TOPICS.filter((topic) => now[topic] !== before[topic]));
      else begin();
      counts = now;
    });
    source.onerror = () => {
      streaming.set(false);
      // The browser tries again by itself after a broken stream, but gives up after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED || stopped) return;
      retry = setTimeout(open, RECONNECT_MS);
      refused();
    };
  };
  const close = () => {
    clearTimeout(retry);
    clearTimeout(catchUp);
    source?.close();
    source = null;
    streaming.set(null);
  };
  // A browser has six connections for a server: tabs that nobody looks at leave theirs to the others.
  const onVisibility = () => {
    if (document.hidden) return close();
    if (source) return;
    counts ??= {};
    rise();
    open();
  };
  if (!document.hidden) open();
  document.addEventListener('visibilitychange', onVisibility);
  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', onVisibility);
    clearInterval(poll);
    close();
  };
}

/** One topic's counter; that of none stands still. */
export const useTick = (topic: Topic | undefined) => useStore(ticks, (all) => (topic ? all[topic] : 0));

const CALM_MS = 30_000;

/** Rises with a topic; where the server tells no news of a thing, calmly with time. */
export function useBeat(topic: Topic | undefined): number {
  const tick = useTick(topic);
  const [beat, setBeat] = useState(0);
  useEffect(() => {
    if (topic) return;
    const timer = setInterval(() => !document.hidden && setBeat((n) => n + 1), CALM_MS);
    return () => clearInterval(timer);
  }, [topic]);
  return topic ? tick : beat;
}
export const useStreaming = () => useStore(streaming);
