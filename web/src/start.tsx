import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { ApiError } from './api/problem';
import { isDoor } from './doors';
import { askEarly } from './lib/early';
import { speak } from './lib/i18n';
import { prefs } from './lib/prefs';
import { askSession } from './lib/session';

// What the server has refused it refuses again; only silence and overload are worth a second try.
const worthRetrying = (failures: number, error: Error) =>
  failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);

// A browser calls itself offline when it has no way to the internet. The server may be on this very machine: it is asked.
const networkMode = 'always';

const queries = new QueryClient({
  defaultOptions: { queries: { networkMode, refetchOnReconnect: true, staleTime: 5_000, retry: worthRetrying }, mutations: { networkMode } },
});

// What the first page shows is asked for while the page is still on its way.
if (!isDoor(location.pathname)) {
  askEarly(location.pathname, location.search, prefs.get().page_size);
  askSession(queries);
}
await speak(prefs.get().language).catch(() => speak('en'));

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
