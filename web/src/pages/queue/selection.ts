// Which emails an action is about: some by their ids, or all that the list's filter selects, seen or not.
import type { QueueAction, QueueFilter } from '../../api/types';
import { numeric, type Query } from '../../lib/filters';

export type Selection = { kind: 'ids'; ids: ReadonlySet<string> } | { kind: 'matching' };

export const nothing: Selection = { kind: 'ids', ids: new Set() };

export const isEmpty = (selection: Selection) => selection.kind === 'ids' && selection.ids.size === 0;
export const has = (selection: Selection, id: string) => selection.kind === 'matching' || selection.ids.has(id);

export function toggled(selection: Selection, id: string, loaded: readonly string[] = []): Selection {
  // Taking one out of "all matching" leaves what is on the screen: the rest was never looked at.
  const ids = new Set(selection.kind === 'matching' ? loaded : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { kind: 'ids', ids };
}

/** From the row that was marked last to this one, as with Shift everywhere. */
export function extended(selection: Selection, from: string | null, to: string, loaded: readonly string[]): Selection {
  const a = from === null ? -1 : loaded.indexOf(from);
  const b = loaded.indexOf(to);
  if (a < 0 || b < 0 || selection.kind === 'matching') return toggled(selection, to, loaded);
  return { kind: 'ids', ids: new Set([...selection.ids, ...loaded.slice(Math.min(a, b), Math.max(a, b) + 1)]) };
}

/** The part of an action's body that says what it is about. */
export type Target = Pick<QueueAction, 'ids' | 'filter' | 'all'>;

export function target(selection: Selection, query: Query): Target {
  if (selection.kind === 'ids') return { ids: [...selection.ids] };
  const filter: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) filter[name] = name === 'connection_id' ? numeric(String(value)) : value;
  return Object.keys(filter).length ? { filter: filter as QueueFilter } : { filter: {}, all: true };
}

/**
 * A filter's emails without those that were submitted after it was counted. Older mail may still have come to match since
 * (it was deferred, say): what acts counts once more, and asks again when there are more of them.
 */
export function asCounted(about: Target, asOf: string): Target {
  if (!about.filter) return about;
  const end = about.filter.created_at_to;
  return { filter: { ...about.filter, created_at_to: end && Date.parse(end) <= Date.parse(asOf) ? end : asOf } };
}
