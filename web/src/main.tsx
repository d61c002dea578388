import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { ApiError } from './api/problem';
import { askEarly } from './lib/early';
import { speak } from './lib/i18n';
import { ahead } from './lib/later';
import { prefs } from './lib/prefs';
import { askSession } from './lib/session';
import { isInHouse, pagesOf } from './pages/pages';
import './styles/index.css';

// What the server has refused it refuses again; only silence and overload are worth a second try.
const worthRetrying = (failures: number, error: Error) =>
  failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);

const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 5_000, retry: worthRetrying } } });

// All that the first page needs is asked for at once, not one after the other.
for (const page of pagesOf(location.pathname)) ahead(page);
if (isInHouse(location.pathname)) {
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
