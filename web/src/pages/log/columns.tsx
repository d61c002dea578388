import { Link } from 'wouter';
import { REASON_CLASSES, type Attempt, type Connection } from '../../api/types';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { said } from '../../lib/sayings';
import type { Column } from '../../ui/grid/columns';
import { cut, Time } from '../../ui/kit';
import { Status } from '../../ui/status';

export function logColumns(connections: Connection[]): Column<Attempt>[] {
  return [
    { id: 'id', title: t('email.id'), width: '114px', filter: { kind: 'id', name: 'id' }, render: (row) => <span className="mono faint">{row.id}</span> },
    {
      id: 'active_queue_id', title: t('log.active_queue_id'), width: '122px', filter: { kind: 'id', name: 'active_queue_id' },
      render: (row) => <Link className="mono" href={`/queue?open=${row.active_queue_id}`} onClick={(event) => event.stopPropagation()}>{row.active_queue_id}</Link>,
    },
    {
      id: 'email', title: t('email.email'), width: 'minmax(150px, 1.2fr)', phone: 'title', filter: { kind: 'text', name: 'email', hint: t('filter.email_hint') },
      render: (row) => cut(row.email, 'strong'),
    },
    {
      id: 'subject', title: t('email.subject'), width: 'minmax(120px, 1.1fr)', phone: 'detail', filter: { kind: 'text', name: 'subject', hint: t('filter.contains') },
      render: (row) => cut(row.subject || t('email.no_subject'), 'soft'),
    },
    {
      id: 'attempted_at', title: t('log.attempted_at'), width: '138px', phone: 'time', sort: 'attempted_at', filter: { kind: 'dates', name: 'attempted_at' },
      render: (row) => <span className="soft"><Time at={row.attempted_at} /></span>,
    },
    {
      id: 'status', title: t('email.status'), width: '140px', phone: 'status',
      filter: { kind: 'choice', name: 'status', many: true, options: (['in_progress', 'success', 'fail'] as const).map((value) => ({ value, label: word('status', value) })) },
      render: (row) => <Status value={row.status} />,
    },
    {
      id: 'connection', title: t('log.connection'), width: 'minmax(118px, 0.7fr)',
      filter: { kind: 'choice', name: 'connection_id', options: connections.map(({ id, caption, host }) => ({ value: String(id), label: caption || host })) },
      render: (row) => cut(row.connection_caption, 'soft'),
    },
    {
      id: 'reason', title: t('email.reason'), width: 'minmax(160px, 1.5fr)', filter: { kind: 'text', name: 'reason', hint: t('filter.contains') },
      render: (row) => cut(row.reason && said(row.reason), row.status === 'fail' ? '' : 'faint'),
    },
    {
      id: 'reason_class', title: t('email.reason_class'), width: '130px', extra: true,
      filter: { kind: 'choice', name: 'reason_class', options: REASON_CLASSES.map((value) => ({ value, label: word('class', value) })) },
      render: (row) => cut(row.reason_class && word('class', row.reason_class), 'soft'),
    },
    { id: 'attempt', title: t('log.attempt'), width: '84px', align: 'end', extra: true, render: (row) => <span className="num">{format.number(row.attempt)}</span> },
    { id: 'remote_host', title: t('log.remote_host'), width: 'minmax(160px, 1fr)', extra: true, render: (row) => cut(row.remote_host, 'mono soft') },
    { id: 'tls', title: t('log.tls'), width: '110px', extra: true, render: (row) => cut(row.tls, 'soft') },
    {
      id: 'reply_code', title: t('log.reply_code'), width: '118px', align: 'end', extra: true, filter: { kind: 'number', name: 'reply_code' },
      render: (row) => <span className="num mono">{row.reply_code ?? '—'}</span>,
    },
    { id: 'enhanced_code', title: t('log.enhanced_code'), width: '118px', extra: true, render: (row) => cut(row.enhanced_code, 'mono soft') },
    {
      id: 'provider_id', title: t('log.provider_id'), width: 'minmax(150px, 0.8fr)', extra: true, filter: { kind: 'id', name: 'provider_id' },
      render: (row) => cut(row.provider_id, 'mono soft'),
    },
    { id: 'duration_ms', title: t('log.duration'), width: '104px', align: 'end', extra: true, render: (row) => <span className="num soft">{row.duration_ms === null ? '—' : format.milliseconds(row.duration_ms)}</span> },
    {
      id: 'message_id', title: t('email.message_id'), width: '140px', extra: true, filter: { kind: 'id', name: 'message_id' },
      render: (row) => <span className="mono faint">{row.message_id}</span>,
    },
  ];
}
