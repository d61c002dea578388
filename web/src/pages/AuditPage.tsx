import { History } from 'lucide-react';
import { api, ok } from '../api/client';
import type { AuditQuery, AuditRecord } from '../api/types';
import * as format from '../lib/format';
import { t } from '../lib/i18n';
import type { Column } from '../ui/grid/columns';
import { List } from '../ui/grid/List';
import { cut, Empty, PageHead, Time } from '../ui/kit';

const idOf = (row: AuditRecord) => String(row.id);
export function AuditPage() {
  const columns: Column<AuditRecord>[] = [
    { id: 'id', title: t('email.id'), width: '72px', render: (row) => <span className="mono faint">{row.id}</span> },
    { id: 'at', title: t('audit.at'), width: '156px', phone: 'time', filter: { kind: 'dates', name: 'at' }, render: (row) => <span className="soft"><Time at={row.at} /></span> },
    { id: 'by', title: t('audit.by'), width: 'minmax(150px, 0.8fr)', phone: 'detail', filter: { kind: 'text', name: 'by', hint: t('filter.contains') }, render: (row) => cut(row.by, 'strong') },
    { id: 'from', title: t('audit.from'), width: '140px', render: (row) => cut(row.from, 'mono soft') },
    { id: 'action', title: t('audit.action'), width: 'minmax(170px, 0.8fr)', phone: 'title', filter: { kind: 'text', name: 'action', hint: t('filter.contains') }, render: (row) => cut(row.action) },
    { id: 'object', title: t('audit.object'), width: 'minmax(150px, 0.8fr)', filter: { kind: 'text', name: 'object', hint: t('filter.contains') }, render: (row) => cut(row.object, 'soft') },
    { id: 'detail', title: t('audit.detail'), width: 'minmax(220px, 1.5fr)', render: (row) => cut(row.detail, 'soft') },
    { id: 'reason', title: t('email.reason'), width: 'minmax(170px, 1fr)', filter: { kind: 'text', name: 'reason', hint: t('filter.contains') }, render: (row) => cut(row.reason, 'soft') },
  ];
  return (
    <div className="page filled">
      <PageHead title={t('nav.audit')} help={t('audit.help', { zone: format.zoneName() })} />
      <List<AuditRecord> name="audit" label={t('nav.audit')} topic="delivery" columns={columns} idOf={idOf} counted="audit.found"
        read={(query, signal) => ok(api.GET('/api/v1/audit', { params: { query: query as AuditQuery }, signal }))}
        empty={<Empty icon={History} title={t('audit.empty')}>{t('audit.empty_help')}</Empty>} />
    </div>
  );
}
