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

export function useUrlState() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (what: UrlChange, how: { push?: boolean } = {}) => {
      // The live address, not the rendered one: two changes in one event must not undo each other.
      const query = changed(window.location.search, what);
      navigate(path + (query ? `?${query}` : ''), { replace: !how.push });
    },
    [path, navigate],
  );
  return [params, change] as const;
}

/** A path within this house that sign-in may lead back to; never another site's. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/';
}
