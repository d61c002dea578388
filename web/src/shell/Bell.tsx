// What the staff should know of: connections that went down and came back, failovers, quotas that run out.
import { useQuery } from '@tanstack/react-query';
import { ArrowRightLeft, Bell as BellIcon, CircleCheck, CircleX, Clock, Gauge, type LucideIcon } from 'lucide-react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../api/client';
import type { DeliveryEvent } from '../api/types';
import * as format from '../lib/format';
import { t, word } from '../lib/i18n';
import { EVENTS, useConnectionNames } from '../lib/lookups';
import { said } from '../lib/sayings';
import { setPreferences, usePreferences } from '../lib/prefs';
import { useStarted } from '../lib/starting';
import { Bones, Failure } from '../ui/kit';
import { Pop } from '../ui/overlay';

const looks: Record<string, { tone: string; icon: LucideIcon }> = {
  'connection.down': { tone: 'bad', icon: CircleX },
  'connection.restored': { tone: 'ok', icon: CircleCheck },
  'connection.failover': { tone: 'warn', icon: ArrowRightLeft },
  'quota.near': { tone: 'warn', icon: Gauge },
  clock_jump: { tone: 'bad', icon: Clock },
};

export function Bell() {
  const { seen_event: seen } = usePreferences();
  const events = useQuery({ queryKey: EVENTS, queryFn: async () => (await ok(api.GET('/api/v1/delivery/events', { params: { query: { limit: 20 } } }))).items, enabled: useStarted() });
  const newest = events.data?.[0]?.id ?? 0;
  const news = newest > seen;
  return (
    <Pop label={news ? t('bell.news') : t('bell.title')} title={t('bell.title')} className="button plain square bell" align="end"
      trigger={<><BellIcon aria-hidden />{news && <i aria-hidden />}</>}>
      <Seen newest={newest} seen={seen} />
      {events.data ? <News events={events.data} /> : events.error ? <Failure error={events.error} retry={() => void events.refetch()} /> : <Bones />}
    </Pop>
  );
}

/** Made only while the list is open. */
function News({ events }: { events: DeliveryEvent[] }) {
  const nameOf = useConnectionNames();
  return (
    <>
      {events.length === 0 && <p className="hint">{t('bell.none')}</p>}
      <ol className="trail">
        {events.map((event) => {
          const { tone, icon: Icon } = looks[event.event] ?? { tone: '', icon: BellIcon };
          return (
            <li key={event.id}>
              <span className={`dot ${tone}`} aria-hidden><Icon /></span>
              <div className="strong">
                {word('event', event.event)}
                {event.connection_id !== null && <>: <Link href={`/connections?open=${event.connection_id}`}>{nameOf(event.connection_id)}</Link></>}
              </div>
              <div className="soft tiny">{said(event.detail)}</div>
              <time dateTime={event.at} title={event.at}>{format.relative(event.at)}</time>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** Exists only while the list is open: to have it on the screen is to have seen it. */
function Seen({ newest, seen }: { newest: number; seen: number }) {
  useEffect(() => {
    if (newest > seen) setPreferences({ seen_event: newest });
  }, [newest, seen]);
  return null;
}
