import { History } from 'lucide-react';
import { useMemo } from 'react';
import { api, ok } from '../api/client';
import type { AuditQuery, AuditRecord, Connection } from '../api/types';
import * as format from '../lib/format';
import { t } from '../lib/i18n';
import { useConnections } from '../lib/lookups';
import type { Column } from '../ui/grid/columns';
import { List } from '../ui/grid/List';
import { cut, Empty, PageHead, Time } from '../ui/kit';
import { Action, Thing, WhoAndWhy } from './audit';

const idOf = (row: AuditRecord) => String(row.id);

function auditColumns(connections: Connection[]): Column<AuditRecord>[] {
  return [
    { id: 'id', title: t('email.id'), width: '72px', render: (row) => <span className="mono faint">{row.id}</span> },
    { id: 'at', title: t('audit.at'), width: '156px', phone: 'time', filter: { kind: 'dates', name: 'at' }, render: (row) => <span className="soft"><Time at={row.at} /></span> },
    { id: 'by', title: t('audit.by'), width: 'minmax(150px, 0.8fr)', filter: { kind: 'text', name: 'by', hint: t('filter.contains') }, render: (row) => cut(row.by, 'strong') },
    { id: 'from', title: t('audit.from'), width: '140px', render: (row) => cut(row.from, 'mono soft') },
    { id: 'action', title: t('audit.action'), width: 'minmax(210px, 1fr)', phone: 'title', filter: { kind: 'text', name: 'action', hint: t('filter.contains') }, render: (row) => <Action code={row.action} /> },
    {
      id: 'object', title: t('audit.object'), width: 'minmax(190px, 1fr)', phone: 'detail', filter: { kind: 'text', name: 'object', hint: t('filter.contains') },
      render: (row) => <><Thing code={row.object} connections={connections} /><WhoAndWhy record={row} /></>,
    },
    { id: 'detail', title: t('audit.detail'), width: 'minmax(220px, 1.5fr)', render: (row) => cut(row.detail, 'soft') },
    { id: 'reason', title: t('email.reason'), width: 'minmax(170px, 1fr)', filter: { kind: 'text', name: 'reason', hint: t('filter.contains') }, render: (row) => cut(row.reason, 'soft') },
  ];
}

export function AuditPage() {
  const connections = useConnections().data;
  const columns = useMemo(() => auditColumns(connections ?? []), [connections]);
  return (
    <div className="page filled">
      <PageHead title={t('nav.audit')} help={t('audit.help', { zone: format.zoneName() })} />
      <List<AuditRecord> name="audit" label={t('nav.audit')} columns={columns} idOf={idOf} counted="audit.found"
        read={(query, signal) => ok(api.GET('/api/v1/audit', { params: { query: query as AuditQuery }, signal }))}
        empty={<Empty icon={History} title={t('audit.empty')}>{t('audit.empty_help')}</Empty>} />
    </div>
  );
}
