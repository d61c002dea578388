import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import type { Connection, Stats } from '../../api/types';
import * as format from '../../lib/format';
import { t, tn } from '../../lib/i18n';
import { later } from '../../lib/later';
import { ticks } from '../../lib/live';
import { useConnections } from '../../lib/lookups';
import { useRights } from '../../lib/session';
import { useUrlState } from '../../lib/url';
import { Failure, Meter, Note, PageHead, Segments } from '../../ui/kit';
import { LiveMark } from '../../ui/LiveMark';
import { Status } from '../../ui/status';
import { LIMITS, stateOf, useEmptyHelp } from '../connections/connection';
import { Figure } from './Figure';
import { connectionFigures, depth, growth, RANGES, successRate, sum, windowOf, type Range } from './figures';

// The charts' library is fetched with the first chart, not with the page.
const Chart = later(async () => (await import('./Chart')).Chart, () => <div className="bone huge" />);

const STATS = ['stats'] as const;
const EVERY_MS = 15_000;

/** The server's news makes the figures fresh, but not more often than this. */
const BUSY_MS = 5_000;

function useFreshStats() {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let seen = ticks.get();
    const look = () => {
      timer = undefined;
      void queries.invalidateQueries({ queryKey: STATS });
    };
    const stop = ticks.subscribe(() => {
      const [before, now] = [seen, ticks.get()];
      seen = now;
      if (now.log !== before.log || now.queue !== before.queue) timer ??= setTimeout(look, BUSY_MS);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [queries]);
}

/** Of one span of time; another one's figures are never shown in their place. */
function useStats(range: Range) {
  useFreshStats();
  return useQuery({
    queryKey: [...STATS, range],
    queryFn: async () => {
      const { before, from, to, step } = windowOf(range, Date.now());
      const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
      const of = (begin: number, end: number) => ok(api.GET('/api/v1/stats', { params: { query: { from: iso(begin), to: iso(end), step } } }));
      const [now, earlier] = await Promise.all([of(from, to), of(before, from)]);
      return { now, earlier };
    },
    refetchInterval: EVERY_MS,
  });
}

export function DashboardPage() {
  const [params, change] = useUrlState();
  const rights = useRights();
  const wanted = params.get('range');
  const range: Range = wanted !== null && wanted in RANGES ? (wanted as Range) : '2h';
  const answer = useStats(range);
  const connections = useConnections(EVERY_MS).data;
  const emptyHelp = useEmptyHelp();
  return (
    <div className="page">
      <PageHead title={t('nav.dashboard')} help={t('dashboard.help', { range: t(`dashboard.range_${range}`), zone: format.zoneName() })}>
        <LiveMark />
        <Segments<Range> label={t('dashboard.range')} value={range} onChange={(value) => change({ range: value === '2h' ? null : value })}
          options={(['2h', '24h', '7d', '30d'] as const).map((value) => ({ value, label: t(`dashboard.range_${value}`) }))} />
      </PageHead>
      {answer.error && <Failure error={answer.error} retry={() => void answer.refetch()} />}
      {connections?.length === 0 && (
        <Note tone="info" title={t('connections.empty')} action={rights.manage && <Link className="button first" href="/connections?new=1"><Plus aria-hidden />{t('connections.new')}</Link>}>{emptyHelp}</Note>
      )}
      {answer.data ? <Figures now={answer.data.now} earlier={answer.data.earlier} range={range} /> : !answer.error && <div className="figures">{[1, 2, 3, 4, 5].map((n) => <div key={n} className="bone tall" />)}</div>}
      {connections && connections.length > 0 && <ConnectionTable connections={connections} sent={answer.data?.now.connections} />}
    </div>
  );
}

/** `grows` says whether more is good, or bad. */
function Change({ value, points, grows = 'good' }: { value: number | null; points?: boolean; grows?: 'good' | 'bad' }) {
  if (value === null || Math.abs(value) < 0.0005) return null;
  const tenths = Math.round(Math.abs(value) * 1000) / 10;
  const shown = points ? tn('dashboard.points', tenths, { n: format.decimal(tenths) }) : format.percent(Math.abs(value));
  return <b className={(value > 0) === (grows === 'good') ? 'rise' : 'fall'}>{value > 0 ? '+' : '−'}{shown} </b>;
}

function Figures({ now: stats, earlier: before, range }: { now: Stats; earlier: Stats; range: Range }) {
  const now = stats.buckets;
  const sums = sum(now);
  const earlier = sum(before.buckets);
  const rate = successRate(sums);
  const rateBefore = successRate(earlier);
  const { latency } = stats;
  const perMinute = sums.succeeded / (RANGES[range].seconds / 60);
  const against = t('dashboard.against', { range: t(`dashboard.range_${range}`) });
  const times = useMemo(() => now.map((bucket) => Date.parse(bucket.at) / 1000), [now]);
  const attempts = useMemo(() => [
    { name: t('dashboard.succeeded'), values: now.map((bucket) => bucket.succeeded), ink: 'ok' as const, filled: true },
    { name: t('dashboard.failed'), values: now.map((bucket) => bucket.failed), ink: 'bad' as const },
  ], [now]);
  const intake = useMemo(() => [
    { name: t('dashboard.submitted'), values: now.map((bucket) => bucket.submitted), ink: 'accent' as const, filled: true },
    { name: t('dashboard.finished'), values: now.map((bucket) => bucket.finished), ink: 'warn' as const },
  ], [now]);
  const waits = useMemo(() => ({
    times: latency.buckets.map((bucket) => Date.parse(bucket.at) / 1000),
    series: [
      { name: 'p50', values: latency.buckets.map((bucket) => bucket.p50_ms), ink: 'accent' as const },
      { name: 'p95', values: latency.buckets.map((bucket) => bucket.p95_ms), ink: 'warn' as const },
      { name: 'p99', values: latency.buckets.map((bucket) => bucket.p99_ms), ink: 'bad' as const },
    ],
  }), [latency]);
  const days = range === '7d' || range === '30d';
  const { queue } = stats;
  const oldest = queue.oldest_created_at;
  const queued = depth(queue);
  return (
    <>
      <div className="figures">
        <Figure title={t('dashboard.throughput')} value={perMinute >= 100 ? format.number(Math.round(perMinute)) : format.decimal(perMinute, perMinute < 1 ? 2 : 1)} unit={t('dashboard.per_minute')} spark={now.map((bucket) => bucket.succeeded)} ink="--ok-solid"
          beside={<><Change value={growth(sums.succeeded, earlier.succeeded)} />{against}</>} />
        <Figure title={t('dashboard.success')} value={rate === null ? '—' : format.percent(rate)} spark={now.map(({ succeeded, failed }) => (succeeded + failed ? succeeded / (succeeded + failed) : 1) * 100)}
          beside={rate === null ? t('dashboard.no_attempts') : <><Change value={rateBefore === null ? null : rate - rateBefore} points />{tn('dashboard.of_attempts', sums.succeeded + sums.failed)}</>} />
        <Figure title={t('dashboard.latency')} value={latency.p95_ms === null ? '—' : format.milliseconds(latency.p95_ms)}
          beside={latency.p50_ms === null ? t('dashboard.nothing_sent') : <><Change value={latency.p95_ms === null || before.latency.p95_ms === null ? null : growth(latency.p95_ms, before.latency.p95_ms)} grows="bad" />{t('dashboard.latency_beside', { p50: format.milliseconds(latency.p50_ms), p99: format.milliseconds(latency.p99_ms ?? 0) })}</>} />
        <Figure title={t('dashboard.depth')} value={format.number(queued)} beside={oldest && queued > 0 ? t('dashboard.oldest', { age: format.span((Date.now() - Date.parse(oldest)) / 1000) }) : t('dashboard.nothing_waits')} />
        <Figure title={t('dashboard.attention')} value={format.number(queue.unknown + queue.held)}
          beside={<><Link href="/queue?status=unknown">{t('dashboard.unknown', { n: queue.unknown })}</Link> · <Link href="/queue?status=held">{t('dashboard.held', { n: queue.held })}</Link></>} />
      </div>
      <div className="charts">
        <Chart title={t('dashboard.attempts')} times={times} series={attempts} days={days} />
        <Chart title={t('dashboard.waits')} times={waits.times} series={waits.series} days={days} write={format.milliseconds} />
        <Chart title={t('dashboard.intake')} times={times} series={intake} days={days} />
      </div>
    </>
  );
}

/** The limit that is nearest to its end. */
function tightest(connection: Connection) {
  const shares = LIMITS.flatMap((name) => {
    const limit = connection.limits[name];
    return limit && name !== 'per_second' ? [{ name, limit, used: connection.used[name] }] : [];
  });
  return shares.sort((a, b) => b.used / b.limit - a.used / a.limit)[0];
}

function ConnectionTable({ connections, sent }: { connections: Connection[]; sent: Stats['connections'] | undefined }) {
  return (
    <section className="card">
      <div className="card-head table-head"><h2 className="grow">{t('nav.connections')}</h2><Link href="/connections">{t('dashboard.view_all')}</Link></div>
      <div className="table-scroll free" tabIndex={0} role="region" aria-label={t('nav.connections')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('email.connection')}</th><th scope="col">{t('connections.health')}</th>
              <th scope="col" className="end">{t('dashboard.sent')}</th><th scope="col" className="end">{t('dashboard.failed')}</th><th scope="col" className="end">{t('dashboard.deferred')}</th>
              <th scope="col" className="end">{t('dashboard.success')}</th><th scope="col" className="end">p50</th><th scope="col" className="end">p95</th>
              <th scope="col" className="quota">{t('dashboard.quota')}</th>
            </tr>
          </thead>
          <tbody>
            {connections.map((one) => {
              const quota = tightest(one);
              const { succeeded, failed, deferred, rate, latency } = connectionFigures(sent, one.id);
              return (
                <tr key={one.id}>
                  <td className="strong cut" title={one.caption || one.host}><Link href={`/connections?open=${one.id}`}>{one.caption || one.host}</Link></td>
                  <td><Status value={stateOf(one)} title={one.enabled && one.health.state !== 'up' ? (one.health.reason ?? undefined) : undefined} /></td>
                  <td className="num end">{format.number(succeeded)}</td>
                  <td className="num end">{format.number(failed)}</td>
                  <td className="num end">{format.number(deferred)}</td>
                  <td className="num end">{rate === null ? '—' : format.percent(rate)}</td>
                  <td className="num end">{latency?.p50_ms == null ? '—' : format.milliseconds(latency.p50_ms)}</td>
                  <td className="num end">{latency?.p95_ms == null ? '—' : format.milliseconds(latency.p95_ms)}</td>
                  <td>
                    {quota ? (
                      <span className="line"><span className="grow"><Meter label={`${one.caption}: ${t(`limits.${quota.name}`)}`} used={quota.used} limit={quota.limit} /></span>
                        <span className="num faint tiny">{t(`limits.${quota.name}`)} {format.percent(quota.used / quota.limit, 0)}</span></span>
                    ) : <span className="faint">{t('limits.unlimited')}</span>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
