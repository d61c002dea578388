// The server says when something changes (server-sent events); pages then look for themselves. Where the stream can't
// be had, a slow clock takes its place, so that nothing stays stale for good.
import { Store, useStore } from './store';

export interface Ticks {
  queue: number;
  log: number;
  connections: number;
  delivery: number;
}
export type Topic = keyof Ticks;

export const ticks = new Store<Ticks>({ queue: 0, log: 0, connections: 0, delivery: 0 });
/** Whether the stream is open; null before the first attempt has ended. */
export const streaming = new Store<boolean | null>(null);

const RECONNECT_MS = 15_000;
const POLL_MS = 10_000;

export function readTicks(data: string, before: Ticks): Ticks {
  let told: Partial<Record<Topic, unknown>>;
  try {
    told = JSON.parse(data) as typeof told;
  } catch {
    return before;
  }
  const next = { ...before };
  for (const topic of Object.keys(before) as Topic[]) if (typeof told[topic] === 'number') next[topic] = told[topic];
  return next;
}

/** Listens until the returned function is called. `refused` is called when the answer is no stream: an EventSource does not say why. */
export function listen(refused: () => void, url = '/api/v1/events'): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const poll = setInterval(() => {
    if (streaming.get() || document.hidden) return;
    const before = ticks.get();
    ticks.set({ queue: before.queue + 1, log: before.log + 1, connections: before.connections + 1, delivery: before.delivery + 1 });
  }, POLL_MS);

  const open = () => {
    source = new EventSource(url);
    source.onopen = () => streaming.set(true);
    source.addEventListener('changed', (event) => ticks.set(readTicks((event as MessageEvent<string>).data, ticks.get())));
    source.onerror = () => {
      streaming.set(false);
      // The browser tries again by itself after a broken stream, but gives up after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED || stopped) return;
      retry = setTimeout(open, RECONNECT_MS);
      refused();
    };
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    clearInterval(poll);
    source?.close();
    streaming.set(null);
  };
}

export const useTick = (topic: Topic) => useStore(ticks)[topic];
export const useStreaming = () => useStore(streaming);
