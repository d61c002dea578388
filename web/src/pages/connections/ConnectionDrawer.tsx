import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pencil, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { api, ok } from '../../api/client';
import type { Connection } from '../../api/types';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { later } from '../../lib/later';
import { CONNECTIONS } from '../../lib/lookups';
import { said } from '../../lib/sayings';
import { useRights } from '../../lib/session';
import { useUrlState } from '../../lib/url';
import { TextField } from '../../ui/form';
import { Empty, Meter, Note, Tag, Time } from '../../ui/kit';
import { Drawer } from '../../ui/overlay/Drawer';
import { Status } from '../../ui/status';
import { Encryption } from './columns';
import { lastReason, LIMITS, stateOf } from './connection';
import { TestButton, TestPanel, type Tested } from './TestPanel';

const ConnectionForm = later(async () => (await import('./ConnectionForm')).ConnectionForm);

interface Props {
  /** A connection's id, "new", or nothing. */
  open: string | null;
  all: Connection[];
  onDelete: (connection: Connection) => void;
  returnTo: () => HTMLElement | null;
}

export function ConnectionDrawer({ open, all, onDelete, returnTo }: Props) {
  const [params, change, closeHere] = useUrlState();
  const rights = useRights();
  const last = useRef(open);
  if (open) last.current = open;
  // Each opening has a form of its own: what was discarded does not come back with the next one.
  const opening = useRef({ open, count: 0 });
  if (open !== opening.current.open) opening.current = { open, count: opening.current.count + (open ? 1 : 0) };
  const connection = all.find((one) => String(one.id) === last.current) ?? null;
  // A form that opened before its connection is there would be one for a new connection.
  const editing = rights.manage && (last.current === 'new' || (params.get('edit') !== null && connection !== null));
  const close = () => closeHere({ open: null, new: null, edit: null, test: null });
  if (editing) return <ConnectionForm key={`${last.current} ${opening.current.count}`} open={!!open} connection={connection} all={all} onClose={() => (last.current === 'new' ? close() : change({ edit: null }))} onSaved={(saved) => change({ new: null, edit: null, open: String(saved.id) })} />;
  return <Details key={last.current} open={!!open} connection={connection} all={all} onClose={close} onDelete={onDelete} returnTo={returnTo} />;
}

/** Asterisks of one length, whatever the password's: it is never read back. */
const MASK = '••••••••••••';

function Details({ open, connection, all, onClose, onDelete, returnTo }: { open: boolean; connection: Connection | null; all: Connection[]; onClose: () => void } & Pick<Props, 'onDelete' | 'returnTo'>) {
  const [params, change] = useUrlState();
  const rights = useRights();
  const queries = useQueryClient();
  const [to, setTo] = useState('');
  const test = useMutation<Tested, Error, string>({
    mutationFn: async (address) => {
      const report = await ok(api.POST('/api/v1/connections/{id}/test', { params: { path: { id: connection!.id } }, body: address ? { to: address } : {} }));
      return { report, encryption: connection!.encryption, username: connection!.username, sentTo: address };
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: CONNECTIONS }),
  });
  // An address that asks for a test is no right to one.
  const asked = params.get('test') !== null && connection !== null && rights.manage;
  useEffect(() => {
    if (!asked) return;
    change({ test: null });
    test.mutate('');
  }, [asked]);
  if (!connection) return <Drawer open={open && all.length > 0} onClose={onClose} title={t('connections.gone')}><Empty icon={Trash2} title={t('connections.gone')}>{t('connections.gone_help')}</Empty></Drawer>;
  const inert = lastReason(connection, all);
  const limits = LIMITS.flatMap((name) => (connection.limits[name] ? [{ name, limit: connection.limits[name], used: connection.used[name] }] : []));
  const { health } = connection;
  return (
    <Drawer open={open} onClose={onClose} returnTo={returnTo} title={connection.caption || connection.host}
      sub={<><Status value={stateOf(connection)} /><Tag boxed>{connection.driver}</Tag><span className="mono">#{connection.id}</span></>}
      foot={rights.manage && (
        <>
          <TestButton test={test} first onTest={() => test.mutate(to.trim())} />
          <button type="button" className="button" onClick={() => change({ edit: '1' })}><Pencil aria-hidden />{t('action.edit')}</button>
          <span className="grow" />
          <button type="button" className="button danger" aria-disabled={inert ? true : undefined} title={inert} onClick={() => !inert && onDelete(connection)}><Trash2 aria-hidden />{t('action.delete')}</button>
        </>
      )}>
      <TestPanel test={test} />
      {health.state !== 'up' && connection.enabled && (
        <Note tone={health.state === 'down' ? 'bad' : 'warn'} title={health.since ? t('connections.since', { state: word('status', health.state), when: format.dateTime(health.since) }) : word('status', health.state)}>{health.reason && said(health.reason)}</Note>
      )}
      {inert && rights.manage && <p className="hint">{inert}</p>}
      <section className="part">
        <h3>{t('connections.settings')}</h3>
        <dl className="facts">
          <dt>{t('connections.caption')}</dt><dd>{connection.caption || '—'}</dd>
          <dt>{t('connections.host')}</dt><dd className="mono">{connection.host}</dd>
          <dt>{t('connections.port')}</dt><dd className="num">{connection.port}</dd>
          <dt>{t('connections.encryption')}</dt><dd><Encryption value={connection.encryption} /></dd>
          <dt>{t('connections.username')}</dt><dd className="mono">{connection.username || '—'}</dd>
          <dt>{t('connections.password')}</dt><dd>{connection.has_password ? <span className="mono" title={t('connections.password_hidden')}>{MASK}</span> : t('connections.no_password')}</dd>
          <dt>{t('connections.send_from')}</dt><dd>{connection.send_from || '—'}</dd>
          <dt>{t('connections.send_from_name')}</dt><dd>{connection.send_from_name || '—'}</dd>
          <dt>{t('connections.auth')}</dt><dd>{word('auth', connection.auth)}</dd>
          <dt>{t('connections.certificate')}</dt><dd>{connection.verify_certificate ? t('connections.checked') : t('connections.unchecked')}{connection.ca_file && <span className="mono"> {connection.ca_file}</span>}</dd>
          <dt>{t('connections.order')}</dt><dd>{t('connections.priority_weight', { priority: connection.priority, weight: connection.weight })}</dd>
          <dt>{t('connections.sessions')}</dt><dd>{t('connections.sessions_of', { allowed: connection.sessions_allowed, most: connection.max_sessions })}</dd>
          <dt>{t('connections.on_doubt')}</dt><dd>{t(`connections.on_doubt_${connection.on_doubt}`)}</dd>
          <dt>{t('connections.profile')}</dt><dd>{word('profile_name', connection.profile)}{connection.reply_rules.length > 0 && ` · ${t('connections.reply_rules', { n: connection.reply_rules.length })}`}</dd>
          <dt>{t('connections.changed')}</dt><dd><Time at={connection.updated_at} long /></dd>
        </dl>
      </section>
      <section className="part">
        <h3>{t('limits.title')}</h3>
        {limits.length === 0 && <p className="hint">{t('limits.none')}</p>}
        <div className="stack">
          {limits.map(({ name, limit, used }) => (
            <div key={name} className="stack tight">
              <div className="line apart small">
                <span className="soft">{t(`limits.${name}`)}</span>
                <span className="num"><b className="strong">{format.number(used)}</b> <span className="faint">{t('limits.of_left', { limit, left: Math.max(0, limit - used) })}</span></span>
              </div>
              <Meter label={t(`limits.${name}`)} used={used} limit={limit} />
            </div>
          ))}
          {limits.length > 0 && <p className="hint">{t(`limits.over_${connection.over_limit}`)} {t('limits.zone', { zone: connection.timezone })}</p>}
        </div>
      </section>
      {rights.manage && (
        <section className="part">
          <h3>{t('test.real')}</h3>
          <TextField label={t('test.to')} hint={t('test.to_hint')} type="email" value={to} onChange={(event) => setTo(event.target.value)} />
        </section>
      )}
    </Drawer>
  );
}
