// A list's filters, its sort and its open row live in the address: it can be shared, survives a reload, and Back works.
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

export type UrlChange = Record<string, string | string[] | null | undefined>;

/** The query string after a change; null and empty values go away. */
export function changed(search: string, change: UrlChange): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(change)) {
    params.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) params.append(name, one);
  }
  return params.toString();
}

/** Of an entry of the browser's history that this page has added: what it shows was opened here. */
const OPENED = { opened: true };
const BACK_MS = 1_000;
let goingBack = false;

/** Once: until Back has come, a second Escape would go back further. */
function goBack() {
  if (goingBack) return;
  goingBack = true;
  const arrived = () => { goingBack = false; };
  addEventListener('popstate', arrived, { once: true, capture: true });
  // A form that has something to lose may keep Back from being heard (lib/leaving).
  setTimeout(arrived, BACK_MS);
  history.back();
}

/** The address, how to change it, and how to close what was opened by a change: by the way it was come by, where that is known. */
export function useUrlState() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (what: UrlChange, how: { push?: boolean } = {}) => {
      // The live address, not the rendered one: two changes in one event must not undo each other.
      const query = changed(window.location.search, what);
      navigate(path + (query ? `?${query}` : ''), { replace: !how.push, state: how.push ? OPENED : (history.state as unknown) });
    },
    [path, navigate],
  );
  const close = useCallback((what: UrlChange) => (history.state === null || (history.state as typeof OPENED).opened !== true ? change(what) : goBack()), [change]);
  return [params, change, close] as const;
}

/** A path within this house that sign-in may lead back to; never another site's. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/';
}
