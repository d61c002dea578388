import { Lock, LockOpen } from 'lucide-react';
import type { Connection } from '../../api/types';
import { t, word } from '../../lib/i18n';
import { said } from '../../lib/sayings';
import type { Column } from '../../ui/grid/columns';
import { cut, Tag } from '../../ui/kit';
import { Status } from '../../ui/status';
import { stateOf } from './connection';
import { Logo } from './Logo';

export const Encryption = ({ value }: { value: Connection['encryption'] }) => (
  <Tag tone={value === 'none' ? 'warn' : ''} icon={value === 'none' ? LockOpen : Lock}>{word('encryption', value)}</Tag>
);

const STATES = ['up', 'degraded', 'down', 'disabled', 'paused'];

/** The columns of the origin's page, in its order, after the live health. */
export function connectionColumns(): Column<Connection>[] {
  return [
    { id: 'id', title: t('email.id'), width: '48px', render: (row) => <span className="mono faint">{row.id}</span> },
    {
      id: 'caption', title: t('connections.caption'), width: 'minmax(196px, 1.3fr)', phone: 'title', filter: { kind: 'text', name: 'caption', hint: t('filter.contains') }, value: (row) => row.caption,
      render: (row) => <span className="line"><span className="phone-hide"><Logo of={`${row.caption} ${row.host}`} /></span><span className="cut strong" title={row.caption}>{row.caption || row.host}</span></span>,
    },
    { id: 'health', title: t('connections.health'), width: '118px', phone: 'status', filter: { kind: 'choice', name: 'health', many: true, options: STATES.map((value) => ({ value, label: word('status', value) })) }, value: stateOf, render: (row) => <Status value={stateOf(row)} title={row.health.reason ? said(row.health.reason) : undefined} /> },
    { id: 'driver', title: t('connections.driver'), width: '76px', render: (row) => <span className="soft">{row.driver}</span> },
    { id: 'host', title: t('connections.host'), width: 'minmax(150px, 1.1fr)', phone: 'detail', filter: { kind: 'text', name: 'host', hint: t('filter.contains') }, value: (row) => row.host, render: (row) => cut(row.host, 'mono soft') },
    { id: 'port', title: t('connections.port'), width: '64px', align: 'end', render: (row) => <span className="num soft">{row.port}</span> },
    { id: 'username', title: t('connections.username'), width: 'minmax(124px, 0.7fr)', filter: { kind: 'text', name: 'username', hint: t('filter.contains') }, value: (row) => row.username, render: (row) => cut(row.username, 'mono soft') },
    { id: 'send_from', title: t('connections.send_from'), width: 'minmax(140px, 1fr)', filter: { kind: 'text', name: 'send_from', hint: t('filter.contains') }, value: (row) => row.send_from, render: (row) => cut(row.send_from, 'soft') },
    { id: 'send_from_name', title: t('connections.send_from_name'), width: '148px', filter: { kind: 'text', name: 'send_from_name', hint: t('filter.contains') }, value: (row) => row.send_from_name, render: (row) => cut(row.send_from_name, 'soft') },
    { id: 'encryption', title: t('connections.encryption'), width: '154px', filter: { kind: 'choice', name: 'encryption', many: true, options: (['tls', 'ssl', 'none'] as const).map((value) => ({ value, label: word('encryption', value) })) }, value: (row) => row.encryption, render: (row) => <Encryption value={row.encryption} /> },
  ];
}
