import { Lock, LockOpen } from 'lucide-react';
import type { Connection } from '../../api/types';
import { t, word } from '../../lib/i18n';
import type { Column } from '../../ui/grid/columns';
import { Tag } from '../../ui/kit';
import { Status } from '../../ui/status';
import { stateOf } from './connection';
import { Logo } from './Logo';

const cut = (text: string, className = 'soft') => (text ? <div className={`cut ${className}`} title={text}>{text}</div> : <span className="faint">—</span>);

export const Encryption = ({ value }: { value: Connection['encryption'] }) => (
  <Tag tone={value === 'none' ? 'warn' : ''} icon={value === 'none' ? LockOpen : Lock}>{word('encryption', value)}</Tag>
);

/** The columns of the origin's page, in its order, after the live health. */
export function connectionColumns(): Column<Connection>[] {
  return [
    { id: 'id', title: t('email.id'), width: '48px', render: (row) => <span className="mono faint">{row.id}</span> },
    {
      id: 'caption', title: t('connections.caption'), width: 'minmax(196px, 1.3fr)', phone: 'title',
      render: (row) => <span className="line"><span className="phone-hide"><Logo of={`${row.caption} ${row.host}`} /></span><span className="cut strong" title={row.caption}>{row.caption || row.host}</span></span>,
    },
    { id: 'health', title: t('connections.health'), width: '118px', phone: 'status', render: (row) => <Status value={stateOf(row)} title={row.health.reason ?? undefined} /> },
    { id: 'driver', title: t('connections.driver'), width: '76px', render: (row) => <span className="soft">{row.driver}</span> },
    { id: 'host', title: t('connections.host'), width: 'minmax(150px, 1.1fr)', phone: 'detail', render: (row) => cut(row.host, 'mono soft') },
    { id: 'port', title: t('connections.port'), width: '64px', align: 'end', render: (row) => <span className="num soft">{row.port}</span> },
    { id: 'username', title: t('connections.username'), width: 'minmax(104px, 0.7fr)', render: (row) => cut(row.username, 'mono soft') },
    { id: 'send_from', title: t('connections.send_from'), width: 'minmax(140px, 1fr)', render: (row) => cut(row.send_from) },
    { id: 'send_from_name', title: t('connections.send_from_name'), width: '128px', render: (row) => cut(row.send_from_name) },
    { id: 'encryption', title: t('connections.encryption'), width: '154px', render: (row) => <Encryption value={row.encryption} /> },
  ];
}
