// Who is signed in, and what he may do.
import { QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Session } from '../api/accounts';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import { onSessionNews, setCsrfToken } from '../api/transport';
import { arrived, forget } from './early';
import { forgetForms } from './leaving';
import { loadPreferences, savePreferencesWith, type Preferences } from './prefs';
import { Store, useStore } from './store';
import { dismissAll } from './toasts';

export interface Rights {
  manage: boolean;
  admin: boolean;
  content: boolean;
}

export function rightsOf(session: Session | null | undefined): Rights {
  const user = session?.user;
  const admin = user?.role === 'admin';
  return { admin, manage: admin || user?.role === 'operator', content: admin || (user?.content ?? false) };
}

const SESSION = ['session'];
const PATIENCE_MS = 100;

async function readSession(): Promise<Session | null> {
  try {
    return taken(await ok(api.GET('/api/v1/session')));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

function taken(session: Session): Session {
  setCsrfToken(session.csrf_token);
  loadPreferences(session.preferences ?? {});
  return session;
}

const asked = { queryKey: SESSION, queryFn: readSession, staleTime: Infinity };

export function useSession() {
  return useQuery({ ...asked, retry: 2 });
}

/** Asks whether the session still stands, for those who can't see why they were refused; the transport hears the answer. */
export const checkSession = () => void api.GET('/api/v1/session').catch(() => {});

/** Asks who is signed in before anything is drawn that needs to know. */
export const askSession = (queries: QueryClient): Promise<void> =>
  queries.prefetchQuery({
    ...asked,
    queryFn: async () => {
      const session = await readSession();
      // Rows that are about to come make the first drawing the last one.
      if (session) await arrived(PATIENCE_MS);
      return session;
    },
  });

export function useRights(): Rights {
  return rightsOf(useSession().data);
}

/** Whether the last one here was signed out without asking for it. */
const ended = new Store(false);
export const useEnded = () => useStore(ended);

/** After a good sign-in: the answer is the session. */
export function useEnter() {
  const queries = useQueryClient();
  return (session: Session) => {
    ended.set(false);
    queries.setQueryData(SESSION, taken(session));
  };
}

export function useRefreshSession() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: SESSION });
}

export function leave(queries: QueryClient, unasked = false) {
  ended.set(unasked);
  forgetForms();
  setCsrfToken('');
  // The session's query stays: those who look at it are told by it. All else that one person has read is not the next one's.
  queries.setQueryData(SESSION, null);
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
  queries.getMutationCache().clear();
  forget();
  dismissAll();
}

/** Ties the session to the transport's news and to the preferences, for as long as the app stands. */
export function useSessionKeeping() {
  const queries = useQueryClient();
  useEffect(
    () =>
      onSessionNews((news) => {
        if (news === 'signed-out' && queries.getQueryData(SESSION)) leave(queries, true);
        if (news === 'totp-mandatory') void queries.invalidateQueries({ queryKey: SESSION });
      }),
    [queries],
  );
  useEffect(() => {
    const saving = keepPreferences(() => !!queries.getQueryData(SESSION));
    savePreferencesWith(saving.add);
    addEventListener('pagehide', saving.flush);
    return () => {
      removeEventListener('pagehide', saving.flush);
      savePreferencesWith(null);
      saving.flush();
    };
  }, [queries]);
}

const SAVE_AFTER_MS = 500;

/** A choice holds here at once; that the server has it may come a moment later, but not after the page is gone. */
function keepPreferences(signedIn: () => boolean) {
  // What was changed here and nothing else: another tab may have changed the rest.
  let changes: Partial<Preferences> = {};
  let timer: ReturnType<typeof setTimeout>;
  const flush = () => {
    clearTimeout(timer);
    const preferences = { ...changes };
    changes = {};
    if (Object.keys(preferences).length === 0 || !signedIn()) return;
    void ok(api.PATCH('/api/v1/profile', { body: { preferences }, keepalive: true })).catch(() => {});
  };
  const add = (change: Partial<Preferences>) => {
    if (!signedIn()) return;
    changes = { ...changes, ...change };
    clearTimeout(timer);
    timer = setTimeout(flush, SAVE_AFTER_MS);
  };
  return { add, flush };
}
