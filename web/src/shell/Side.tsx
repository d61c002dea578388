import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ok } from '../api/client';
import * as format from '../lib/format';
import { t } from '../lib/i18n';
import { TALLY } from '../lib/lookups';
import { useRights } from '../lib/session';
import { useStarted } from '../lib/starting';
import { placesFor } from './places';

/** How many emails wait: the one number that staff look for first. */
function useQueueTally() {
  const answer = useQuery({ queryKey: TALLY, queryFn: () => ok(api.GET('/api/v1/queue', { params: { query: { limit: 1 } } })), staleTime: 5_000, enabled: useStarted() });
  const total = answer.data?.total;
  return total ? format.total(total.count, total.exact) : null;
}

export function Side({ path }: { path: string }) {
  const places = placesFor(useRights());
  const tally = useQueueTally();
  const groups = [...new Set(places.map((place) => place.group))].filter((group) => group !== null);
  return (
    <aside className="side">
      <Link className="brand" href="/dashboard"><img src="/favicon.svg" alt="" /><span>Postroom<small>{t('brand.place')}</small></span></Link>
      <nav aria-label={t('ui.main_nav')}>
        {groups.map((group) => (
          <div key={group}>
            <h2>{t(group)}</h2>
            <ul>
              {places.filter((place) => place.group === group).map(({ path: to, title, icon: Icon }) => (
                <li key={to}>
                  <Link className="place" href={to} aria-current={path === to ? 'page' : undefined}>
                    <Icon aria-hidden />{t(title)}{to === '/queue' && tally && <span className="tally">{tally}</span>}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
    </aside>
  );
}
