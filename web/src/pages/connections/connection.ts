import type { Connection } from '../../api/types';
import { t } from '../../lib/i18n';
import { useDelivery } from '../../lib/lookups';

export const LIMITS = ['per_second', 'per_minute', 'per_hour', 'per_day', 'per_month'] as const;

/** One word for how a connection is: what is switched off or paused by hand comes first. */
export const stateOf = (connection: Connection) => (!connection.enabled ? 'disabled' : connection.paused ? 'paused' : connection.health.state);

/** What is said where there is no connection yet: that mail is kept meanwhile, where it is. */
export const useEmptyHelp = () => t(useDelivery().data?.refuses_mail ? 'connections.empty_help_refusing' : 'connections.empty_help');

/** Why a connection can't be switched off or deleted: mail needs one way out. */
export function lastReason(connection: Connection, all: Connection[]): string | undefined {
  if (all.length === 1) return t('connections.only');
  if (connection.enabled && all.filter((one) => one.enabled).length === 1) return t('connections.last_enabled');
  return undefined;
}
