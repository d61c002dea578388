import { QUEUE_STATUSES, REASON_CLASSES, type Connection, type Email } from '../../api/types';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { said } from '../../lib/sayings';
import type { Column } from '../../ui/grid/columns';
import { cut, Time } from '../../ui/kit';
import { Status } from '../../ui/status';

export function queueColumns(connections: Connection[]): Column<Email>[] {
  const caption = (id: number | null) => connections.find((connection) => connection.id === id)?.caption ?? (id === null ? null : `#${id}`);
  return [
    { id: 'id', title: t('email.id'), width: '114px', filter: { kind: 'id', name: 'id' }, render: (row) => <span className="mono faint">{row.id}</span> },
    {
      id: 'email', title: t('email.email'), width: 'minmax(136px, 1.1fr)', phone: 'title', sort: 'email', filter: { kind: 'text', name: 'email', hint: t('filter.email_hint') },
      render: (row) => cut(row.email, 'strong'),
    },
    {
      id: 'subject', title: t('email.subject'), width: 'minmax(106px, 1.1fr)', phone: 'detail', filter: { kind: 'text', name: 'subject', hint: t('filter.contains') },
      render: (row) => cut(row.subject || t('email.no_subject'), 'soft'),
    },
    {
      id: 'last_attempt_at', title: t('email.last_attempt_at'), width: '138px', sort: 'last_attempt_at', filter: { kind: 'dates', name: 'last_attempt_at' },
      render: (row) => <span className="soft"><Time at={row.last_attempt_at} /></span>,
    },
    {
      id: 'next_attempt_at', title: t('email.next_attempt_at'), width: '138px', phone: 'time', sort: 'next_attempt_at', filter: { kind: 'dates', name: 'next_attempt_at' },
      render: (row) => <span className="soft"><Time at={row.next_attempt_at} /></span>,
    },
    {
      id: 'attempts', title: t('email.attempts'), width: '122px', align: 'end', sort: 'attempts', filter: { kind: 'numbers', name: 'attempts' },
      render: (row) => <span className="num">{format.number(row.attempts)}</span>,
    },
    {
      id: 'status', title: t('email.status'), width: '142px', phone: 'status',
      filter: { kind: 'choice', name: 'status', many: true, options: QUEUE_STATUSES.map((value) => ({ value, label: word('status', value) })) },
      render: (row) => <Status value={row.status} />,
    },
    {
      id: 'reason', title: t('email.reason'), width: 'minmax(134px, 1.4fr)', filter: { kind: 'text', name: 'reason', hint: t('filter.contains') },
      render: (row) => cut(row.reason && said(row.reason), 'soft'),
    },
    {
      id: 'reason_class', title: t('email.reason_class'), width: '130px', extra: true,
      filter: { kind: 'choice', name: 'reason_class', options: REASON_CLASSES.map((value) => ({ value, label: word('class', value) })) },
      render: (row) => cut(row.reason_class && word('class', row.reason_class), 'soft'),
    },
    {
      id: 'created_at', title: t('email.created_at'), width: '164px', extra: true, sort: 'created_at', filter: { kind: 'dates', name: 'created_at' },
      render: (row) => <span className="soft"><Time at={row.created_at} /></span>,
    },
    { id: 'expires_at', title: t('email.expires_at'), width: '150px', extra: true, render: (row) => <span className="soft"><Time at={row.expires_at} /></span> },
    { id: 'lane', title: t('email.lane'), width: '130px', extra: true, filter: { kind: 'text', name: 'lane' }, render: (row) => cut(row.lane, 'soft') },
    {
      id: 'connection', title: t('email.connection'), width: 'minmax(130px, 0.7fr)', extra: true,
      filter: { kind: 'choice', name: 'connection_id', options: connections.map(({ id, caption: name, host }) => ({ value: String(id), label: name || host })) },
      render: (row) => cut(caption(row.connection_id) ?? t('email.any_connection'), 'soft'),
    },
    { id: 'tags', title: t('email.tags'), width: '130px', extra: true, filter: { kind: 'text', name: 'tag' }, render: (row) => cut(row.tags.join(', '), 'soft') },
    { id: 'size_bytes', title: t('email.size'), width: '96px', align: 'end', extra: true, render: (row) => <span className="num soft">{format.bytes(row.size_bytes)}</span> },
    { id: 'message_id', title: t('email.message_id'), width: '140px', extra: true, filter: { kind: 'id', name: 'message_id' }, render: (row) => <span className="mono faint">{row.message_id}</span> },
  ];
}
