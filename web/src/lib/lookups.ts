// What many pages ask the server: read once, refreshed when the server says so.
import { useQuery, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, ok } from '../api/client';
import { streaming, ticks, useTick, type Topic } from './live';
import { useStarted } from './starting';

/** Reads again when the topic's counter rises. */
export function useRefreshOn(topic: Topic, queryKey: readonly unknown[]) {
  const tick = useTick(topic);
  const queries = useQueryClient();
  const name = JSON.stringify(queryKey);
  useEffect(() => {
    if (tick > 0) void queries.invalidateQueries({ queryKey: JSON.parse(name) as unknown[] });
  }, [tick, queries, name]);
}

/** Once the server is heard again, what it gave no answer to is asked again, on whatever page. */
export function useSecondTry() {
  const queries = useQueryClient();
  useEffect(() => {
    const again = () => {
      if (streaming.get()) void queries.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
    };
    again();
    return streaming.subscribe(again);
  }, [queries]);
}

export const CONNECTIONS = ['connections'] as const;
export const DELIVERY = ['delivery'] as const;
export const TALLY = ['tally', 'queue'] as const;
export const EVENTS = ['events'] as const;

/** What is read again with each topic, however many parts of a page show it. */
const KEPT: Record<Topic, readonly QueryKey[]> = { queue: [TALLY], log: [], connections: [CONNECTIONS, EVENTS], delivery: [DELIVERY, EVENTS] };

/** Keeps what many pages ask for as fresh as the server's news; once, for the whole house. */
export function useKeptFresh() {
  const queries = useQueryClient();
  useEffect(() => {
    let seen = ticks.get();
    return ticks.subscribe(() => {
      const [before, now] = [seen, ticks.get()];
      seen = now;
      const risen = (Object.keys(KEPT) as Topic[]).filter((topic) => now[topic] !== before[topic]);
      for (const queryKey of new Set(risen.flatMap((topic) => KEPT[topic]))) void queries.invalidateQueries({ queryKey });
    });
  }, [queries]);
}

/** What is used of a quota is no news; who shows it looks every so often. */
export function useConnections(refetchInterval?: number) {
  return useQuery({ queryKey: CONNECTIONS, queryFn: async () => (await ok(api.GET('/api/v1/connections'))).items, refetchInterval });
}

export function useDelivery(refetchInterval?: number) {
  return useQuery({ queryKey: DELIVERY, queryFn: () => ok(api.GET('/api/v1/delivery')), enabled: useStarted(), refetchInterval });
}

/** A connection's name by its number; the number itself for one that is gone. */
export function useConnectionNames(): (id: number | null | undefined) => string | null {
  const connections = useConnections().data;
  return (id) => (id == null ? null : connections?.find((connection) => connection.id === id)?.caption || `#${id}`);
}
