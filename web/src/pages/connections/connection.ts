import type { Connection } from '../../api/types';

export const LIMITS = ['per_second', 'per_minute', 'per_hour', 'per_day', 'per_month'] as const;

/** One word for how a connection is: what is switched off or paused by hand comes first. */
export const stateOf = (connection: Connection) => (!connection.enabled ? 'disabled' : connection.paused ? 'paused' : connection.health.state);
