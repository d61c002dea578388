// What many pages ask the server: read once, refreshed when the server says so.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, ok } from '../api/client';
import { useStreaming, useTick, type Topic } from './live';

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
  const streaming = useStreaming();
  const queries = useQueryClient();
  useEffect(() => {
    if (streaming) void queries.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
  }, [streaming, queries]);
}

export const CONNECTIONS = ['connections'] as const;
export const DELIVERY = ['delivery'] as const;

export function useConnections() {
  useRefreshOn('connections', CONNECTIONS);
  return useQuery({ queryKey: CONNECTIONS, queryFn: async () => (await ok(api.GET('/api/v1/connections'))).items });
}

export function useDelivery() {
  useRefreshOn('delivery', DELIVERY);
  return useQuery({ queryKey: DELIVERY, queryFn: () => ok(api.GET('/api/v1/delivery')) });
}

/** A connection's name by its number; the number itself for one that is gone. */
export function useConnectionNames(): (id: number | null | undefined) => string | null {
  const connections = useConnections().data;
  return (id) => (id == null ? null : connections?.find((connection) => connection.id === id)?.caption || `#${id}`);
}
