import { Download, FileJson, FileSpreadsheet, ScrollText } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import type { Attempt, LogQuery } from '../../api/types';
import { emailPattern, toSearch } from '../../lib/filters';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { useConnections } from '../../lib/lookups';
import { usePreferences } from '../../lib/prefs';
import { useRights } from '../../lib/session';
import { useUrlState } from '../../lib/url';
import { visible } from '../../ui/grid/columns';
import { rowElement } from '../../ui/grid/Grid';
import { List } from '../../ui/grid/List';
import { ViewsMenu } from '../../ui/grid/ViewsMenu';
import { Empty, PageHead } from '../../ui/kit';
import { Menu } from '../../ui/overlay';
import { AttemptDrawer } from './AttemptDrawer';
import { logColumns } from './columns';

const idOf = (row: Attempt) => row.id;
const newestFirst = { field: 'attempted_at', down: true };

export function LogPage() {
  const [params, change, close] = useUrlState();
  const rights = useRights();
  const connections = useConnections().data;
  const columns = useMemo(() => logColumns(connections ?? []), [connections]);
  const chosen = usePreferences().columns.log;
  const lastOpen = useRef<string | null>(null);
  const open = params.get('open');
  if (open) lastOpen.current = open;

  return (
    <div className="page filled">
      <PageHead title={t('log.title')} help={t('log.help', { zone: format.zoneName() })} />
      <List<Attempt> name="log" label={t('log.title')} topic="log" columns={columns} idOf={idOf} sort={newestFirst} counted="log.found"
        read={(query, signal) => ok(api.GET('/api/v1/log', { params: { query: query as LogQuery }, signal }))}
        search={{ name: 'email', placeholder: t('filter.search_email'), toValue: emailPattern }}
        segments={{ name: 'status', label: t('email.status'), options: (['in_progress', 'success', 'fail'] as const).map((value) => ({ value, label: word('status', value) })) }}
        rowTone={(row) => (row.status === 'fail' ? 'bad' : '')}
        onOpen={(row) => change({ open: row.id }, { push: true })}
        tools={({ query, params: now }) => (
          <>
            <ViewsMenu list="log" params={now} columns={visible(columns, chosen).map((column) => column.id)} />
            <Menu label={t('log.export')} trigger={<><Download aria-hidden /><span className="phone-hide">{t('log.export')}</span></>}
              items={[
                { label: t('log.export_csv'), icon: FileSpreadsheet, href: () => exportUrl('csv', query(), now), download: true },
                { label: t('log.export_jsonl'), icon: FileJson, href: () => exportUrl('jsonl', query(), now), download: true },
              ]} />
          </>
        )}
        empty={<Empty icon={ScrollText} title={t('log.empty')} action={connections?.length === 0 && rights.manage ? <Link className="button first" href="/connections?new=1">{t('log.to_connections')}</Link> : undefined}>{t('log.empty_help')}</Empty>} />
      {lastOpen.current && <AttemptDrawer id={open} onClose={() => close({ open: null })} returnTo={() => (lastOpen.current ? rowElement(lastOpen.current) : null)} />}
    </div>
  );
}

function exportUrl(kind: 'csv' | 'jsonl', query: Parameters<typeof toSearch>[0], params: URLSearchParams): string {
  const sort = params.get('sort');
  return `/api/v1/log/export?${toSearch({ format: kind, ...(sort && { sort }), ...query })}`;
}
