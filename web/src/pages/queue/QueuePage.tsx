import { Inbox } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import { QUEUE_STATUSES, type Email, type QueueActionWord, type QueueQuery } from '../../api/types';
import { emailPattern } from '../../lib/filters';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { useConnections } from '../../lib/lookups';
import { usePreferences } from '../../lib/prefs';
import { useRights } from '../../lib/session';
import { useUrlState } from '../../lib/url';
import { visible, type Column } from '../../ui/grid/columns';
import { rowElement } from '../../ui/grid/Grid';
import { List, type ListState } from '../../ui/grid/List';
import { ViewsMenu } from '../../ui/grid/ViewsMenu';
import { Empty, PageHead, Tick } from '../../ui/kit';
import { EmailDrawer } from './EmailDrawer';
import { ActionDialog } from './ActionDialog';
import { BulkBar } from './BulkBar';
import { queueColumns } from './columns';
import { extended, has, isEmpty, nothing, target, toggled, type Selection, type Target } from './selection';

const idOf = (row: Email) => row.id;
const newestFirst = { field: 'created_at', down: true };

export function QueuePage() {
  const [params, change, close] = useUrlState();
  const rights = useRights();
  const connections = useConnections().data;
  const chosen = usePreferences().columns.queue;
  const [selection, setSelection] = useState<Selection>(nothing);
  const [asked, setAsked] = useState<{ action: QueueActionWord; about: Target } | null>(null);
  const list = useRef<ListState<Email> | null>(null);
  const marked = useRef<string | null>(null);
  const lastOpen = useRef<string | null>(null);
  const open = params.get('open');
  if (open) lastOpen.current = open;

  const clear = () => setSelection(nothing);
  const loaded = () => list.current?.rows().map(idOf) ?? [];
  const toggle = (row: Email, extend: boolean) => {
    setSelection((now) => (extend ? extended(now, marked.current, row.id, loaded()) : toggled(now, row.id, loaded())));
    marked.current = row.id;
  };

  const data = useMemo(() => queueColumns(connections ?? []), [connections]);
  const toggleNow = useRef(toggle);
  toggleNow.current = toggle;
  const columns = useMemo((): Column<Email>[] => !rights.manage ? data : [
    {
      id: 'mark', title: '', width: '38px', fixed: true, phone: 'mark',
      head: <Tick label={t('queue.select_loaded')} checked={selection.kind === 'matching'} mixed={selection.kind === 'ids' && selection.ids.size > 0}
        onChange={(on) => setSelection(on ? { kind: 'ids', ids: new Set(loaded()) } : nothing)} />,
      render: (row) => <Tick label={t('queue.select_row', { email: row.email })} checked={has(selection, row.id)}
        onChange={(_, event) => toggleNow.current(row, event instanceof MouseEvent && event.shiftKey)} />,
    },
    ...data,
  ], [data, rights.manage, selection]);

  return (
    <div className="page filled">
      <PageHead title={t('queue.title')} help={t('queue.help', { zone: format.zoneName() })} />
      <List<Email> name="queue" label={t('queue.title')} topic="queue" columns={columns} idOf={idOf} sort={newestFirst} counted="queue.found"
        read={(query, signal) => ok(api.GET('/api/v1/queue', { params: { query: query as QueueQuery }, signal }))}
        search={{ name: 'email', placeholder: t('filter.search_email'), toValue: emailPattern }}
        segments={{ name: 'status', label: t('email.status'), options: QUEUE_STATUSES.map((value) => ({ value, label: word('status', value) })) }}
        rowTone={(row) => (row.status === 'unknown' ? 'warn' : '')}
        onOpen={(row) => change({ open: row.id }, { push: true })}
        onState={(state) => { list.current = state; }}
        selection={rights.manage ? { any: !isEmpty(selection), has: (row) => has(selection, row.id), toggle, clear } : undefined}
        bulk={(state) => (
          <BulkBar selection={selection} state={state} onClear={clear} onSelectMatching={() => setSelection({ kind: 'matching' })}
            onAct={(action) => setAsked({ action, about: target(selection, state.query()) })} />
        )}
        tools={({ params: now }) => <ViewsMenu list="queue" params={now} columns={visible(data, chosen).map((column) => column.id)} />}
        empty={<Empty icon={Inbox} title={t('queue.empty')} action={<Link className="button" href="/log">{t('queue.to_log')}</Link>}>{t('queue.empty_help')}</Empty>} />
      {lastOpen.current && <EmailDrawer id={open} onClose={() => close({ open: null })} returnTo={() => (lastOpen.current ? rowElement(lastOpen.current) : null)}
        onAct={(action, id) => setAsked({ action, about: { ids: [id] } })} />}
      {asked && <ActionDialog action={asked.action} target={asked.about} rows={list.current?.rows()} onClose={() => setAsked(null)} onDone={() => { clear(); list.current?.reload(); }} />}
    </div>
  );
}
