import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Cable, CirclePause, CirclePlay, EllipsisVertical, GripVertical, Pencil, PlugZap, Plus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import type { Connection } from '../../api/types';
import { complain } from '../../lib/errors';
import { t } from '../../lib/i18n';
import { CONNECTIONS, useConnections, useDelivery } from '../../lib/lookups';
import { useRights } from '../../lib/session';
import { say } from '../../lib/toasts';
import { useUrlState } from '../../lib/url';
import { usePreferences } from '../../lib/prefs';
import { visible, type Column } from '../../ui/grid/columns';
import { ColumnsMenu } from '../../ui/grid/ColumnsMenu';
import { rowElement } from '../../ui/grid/Grid';
import { ShortList } from '../../ui/grid/ShortList';
import { ViewsMenu } from '../../ui/grid/ViewsMenu';
import { Empty, PageHead, Switch } from '../../ui/kit';
import { Menu } from '../../ui/overlay';
import { connectionColumns } from './columns';
import { lastReason, useEmptyHelp } from './connection';
import { ConnectionDrawer } from './ConnectionDrawer';
import { DeleteConnection } from './DeleteConnection';
import { Explain } from './Explain';
import { inOrder, moved } from './order';
import { PauseDialog } from './PauseDialog';
import { Rules } from './Rules';

const idOf = (row: Connection) => String(row.id);
const ORDER = ['connection-order'];

export function ConnectionsPage() {
  const [params] = useUrlState();
  const tab = params.get('tab') ?? 'list';
  const rights = useRights();
  const delivery = useDelivery().data;
  const [pausing, setPausing] = useState(false);
  return (
    <div className="page">
      <PageHead title={t('nav.connections')} help={t('connections.help')}>
        {rights.manage && <button type="button" className="button" onClick={() => setPausing(true)}><CirclePause aria-hidden />{delivery && delivery.pauses.length > 0 ? t('pause.manage') : t('pause.delivery')}</button>}
        {rights.manage && <Link className="button first" href="/connections?new=1"><Plus aria-hidden />{t('connections.new')}</Link>}
      </PageHead>
      <nav className="tabs" aria-label={t('nav.connections')}>
        {(['list', 'rules', 'explain'] as const).map((one) => (
          <Link key={one} href={one === 'list' ? '/connections' : `/connections?tab=${one}`} aria-current={tab === one ? 'page' : undefined}>{t(`connections.tab_${one}`)}</Link>
        ))}
      </nav>
      {tab === 'rules' ? <Rules /> : tab === 'explain' ? <Explain /> : <ConnectionList />}
      {pausing && <PauseDialog onClose={() => setPausing(false)} />}
    </div>
  );
}

/** What is used of the quotas is shown no older than this. */
const EVERY_MS = 15_000;

function ConnectionList() {
  const [params, change] = useUrlState();
  const rights = useRights();
  const queries = useQueryClient();
  const connections = useConnections(EVERY_MS);
  const chosen = usePreferences().columns.connections;
  const [announcement, setAnnouncement] = useState('');
  const emptyHelp = useEmptyHelp();
  const [deleting, setDeleting] = useState<Connection | null>(null);
  const [pausing, setPausing] = useState<Connection | null>(null);
  const [pending, setPending] = useState<{ id: number; priority: number }[]>([]);
  const dragged = useRef<number | null>(null);
  const lastOpen = useRef<string | null>(null);
  const open = params.get('open') ?? (params.get('new') ? 'new' : null);
  if (open) lastOpen.current = open;

  const all = connections.data;
  const rows = all && inOrder(all, pending);
  const refresh = () => queries.invalidateQueries({ queryKey: CONNECTIONS });

  // Moves that come faster than the server answers are carried out one after the other.
  const reorder = useMutation({
    mutationKey: ORDER,
    scope: { id: ORDER[0]! },
    mutationFn: async (changes: { id: number; priority: number }[]) => {
      for (const { id, priority } of changes) await ok(api.PATCH('/api/v1/connections/{id}', { params: { path: { id } }, body: { priority } }));
    },
    onError: complain,
    onSettled: async () => {
      if (queries.isMutating({ mutationKey: ORDER }) > 1) return;
      await refresh();
      setPending([]);
    },
  });
  const move = (row: Connection, to: number) => {
    if (!rows) return;
    const changes = moved(rows, row.id, to);
    if (changes.length === 0) return;
    setPending((before) => [...before.filter(({ id }) => !changes.some((change) => change.id === id)), ...changes]);
    setAnnouncement(t('connections.moved', { caption: row.caption || row.host, place: Math.max(1, Math.min(rows.length, to + 1)), count: rows.length }));
    reorder.mutate(changes);
  };
  const enable = useMutation({
    mutationFn: ({ row, enabled }: { row: Connection; enabled: boolean }) => ok(api.PATCH('/api/v1/connections/{id}', { params: { path: { id: row.id } }, body: { enabled, version: row.version } })),
    onError: complain,
    onSettled: refresh,
  });
  const resume = useMutation({
    mutationFn: (row: Connection) => ok(api.POST('/api/v1/delivery/resume', { body: { connection_id: row.id } })),
    onSuccess: () => say(t('pause.resumed')),
    onError: complain,
    onSettled: refresh,
  });

  const data = connectionColumns();
  // The switch stands beside the health, where it is seen without scrolling sideways.
  const afterHealth = data.findIndex((column) => column.id === 'health') + 1;
  const columns: Column<Connection>[] = [
    {
      id: 'priority', title: t('connections.order'), width: '76px', fixed: true, head: <span className="only-read">{t('connections.order')}</span>,
      render: (row) => {
        const at = rows?.findIndex((one) => one.id === row.id) ?? 0;
        return (
          <span className="line">
            {rights.manage && (
              <button type="button" className="grip" draggable aria-label={t('connections.grip', { caption: row.caption || row.host, place: at + 1 })}
                onClick={(event) => event.stopPropagation()}
                onDragStart={(event) => { dragged.current = row.id; event.dataTransfer.effectAllowed = 'move'; event.dataTransfer.setData('text/plain', String(row.id)); }}
                onKeyDown={(event) => {
                  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
                  if (!step) return;
                  event.preventDefault();
                  event.stopPropagation();
                  move(row, at + step);
                }}><GripVertical aria-hidden /></button>
            )}
            <span className="num faint strong" title={t('connections.priority_of', { priority: row.priority })}>{at + 1}</span>
          </span>
        );
      },
    },
    ...data.slice(0, afterHealth),
    {
      id: 'enabled', title: t('users.enabled'), width: '88px',
      render: (row) => <Switch label={t('connections.enabled_named', { caption: row.caption || row.host })} checked={row.enabled}
        inert={rights.manage ? (row.enabled ? lastReason(row, all ?? []) : undefined) : t('ui.role_no')} onChange={(enabled) => enable.mutate({ row, enabled })} />,
    },
    ...data.slice(afterHealth),
  ];
  if (rights.manage) columns.push({
    id: 'actions', title: '', width: '54px', fixed: true, pinned: true, phone: 'time', head: <span className="only-read">{t('act.more')}</span>,
    render: (row) => {
      const at = rows?.findIndex((one) => one.id === row.id) ?? 0;
      return (
        <Menu label={t('users.actions', { email: row.caption || row.host })} className="button plain square little" trigger={<EllipsisVertical aria-hidden />}
          items={[
            { label: t('test.run'), icon: PlugZap, onSelect: () => change({ open: idOf(row), test: '1' }, { push: true }) },
            { label: t('action.edit'), icon: Pencil, onSelect: () => change({ open: idOf(row), edit: '1' }, { push: true }) },
            row.paused
              ? { label: t('pause.resume'), icon: CirclePlay, onSelect: () => resume.mutate(row) }
              : { label: `${t('pause.pause')}…`, icon: CirclePause, onSelect: () => setPausing(row) },
            { label: t('connections.up'), icon: ArrowUp, disabled: at === 0, onSelect: () => move(row, at - 1) },
            { label: t('connections.down'), icon: ArrowDown, disabled: at === (rows?.length ?? 1) - 1, onSelect: () => move(row, at + 1) },
            { label: `${t('action.delete')}…`, icon: Trash2, danger: true, rule: true, disabled: !!lastReason(row, all ?? []), onSelect: () => setDeleting(row) },
          ]} />
      );
    },
  });

  const onDrop = (event: React.DragEvent) => {
    const target = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset.row;
    const from = rows?.find((row) => row.id === dragged.current);
    const to = rows?.findIndex((row) => idOf(row) === target) ?? -1;
    dragged.current = null;
    if (!from || to < 0) return;
    event.preventDefault();
    move(from, to);
  };

  return (
    <>
      <div className="stack tight" onDragOver={(event) => { if (dragged.current !== null) event.preventDefault(); }} onDrop={onDrop}>
        <div className="line apart phone-hide"><p className="hint">{rights.manage && t('connections.order_help')}</p><span className="line"><ViewsMenu list="connections" params={params} columns={visible(data, chosen).map((column) => column.id)} /><ColumnsMenu list="connections" columns={data} /></span></div>
        <ShortList label={t('nav.connections')} columns={columns} chosen={chosen && [...chosen, 'enabled']} rows={rows} error={connections.error} retry={() => void connections.refetch()} idOf={idOf} counted="connections.found" live
          onOpen={(row) => change({ open: idOf(row) }, { push: true })} openId={params.get('open')}
          rowTone={(row) => (row.enabled && row.health.state === 'down' ? 'bad' : row.enabled && (row.health.state === 'degraded' || row.paused) ? 'warn' : '')}
          empty={<Empty icon={Cable} title={t('connections.empty')} action={rights.manage ? <Link className="button first" href="/connections?new=1"><Plus aria-hidden />{t('connections.new')}</Link> : undefined}>{emptyHelp}</Empty>} />
      </div>
      <div className="only-read" aria-live="polite">{announcement}</div>
      <ConnectionDrawer open={open} all={all ?? []} onDelete={setDeleting} returnTo={() => (lastOpen.current ? rowElement(lastOpen.current) : null)} />
      {deleting && <DeleteConnection connection={deleting} onClose={() => setDeleting(null)} onDone={() => { change({ open: null, edit: null }); void refresh(); }} />}
      {pausing && <PauseDialog connection={pausing} onClose={() => setPausing(null)} />}
    </>
  );
}
