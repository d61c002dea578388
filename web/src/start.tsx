import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, fetchPart } from './App';
import { ApiError } from './api/problem';
import { isDoor } from './doors';
import { speak } from './lib/i18n';
import { prefs } from './lib/prefs';
import { askSession } from './lib/session';
import { starting } from './lib/starting';
import { Fault } from './shell/Fault';

// What the server has refused it refuses again; only silence and overload are worth a second try.
const worthRetrying = (failures: number, error: Error) =>
  failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);

// A browser calls itself offline when it has no way to the internet. The server may be on this very machine: it is asked.
const networkMode = 'always';

const queries = new QueryClient({
  defaultOptions: { queries: { networkMode, refetchOnReconnect: true, staleTime: 5_000, retry: worthRetrying }, mutations: { networkMode } },
});

/** So long the first drawing waits for its parts; then it shows that they are on their way. */
const PATIENCE_MS = 250;

// Drawn once, whole, rather than piece by piece: each piece would be laid out and painted only to be replaced.
const path = location.pathname;
const parts: Promise<unknown>[] = [fetchPart(path)];
if (!isDoor(path)) {
  starting.set(true);
  parts.push(askSession(queries));
}
await Promise.all([
  speak(prefs.get().language).catch(() => speak('en')),
  // What fails is drawn as failed.
  Promise.race([Promise.allSettled(parts), new Promise((done) => setTimeout(done, PATIENCE_MS))]),
]);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Fault at=""><App /></Fault>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
