import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import type { QueueActionWord } from '../../api/types';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { useConnectionNames, useRefreshOn } from '../../lib/lookups';
import { useRights } from '../../lib/session';
import { Bones, CopyButton, Failure, Note, Tag, Time } from '../../ui/kit';
import { Menu } from '../../ui/overlay';
import { Drawer } from '../../ui/overlay/Drawer';
import { Status } from '../../ui/status';
import { Content } from '../mail/Content';
import { SendAgain } from '../mail/SendAgain';
import { Timeline } from '../mail/Timeline';
import { actionsFor } from './actions';

interface Props {
  id: string | null;
  onClose: () => void;
  returnTo: () => HTMLElement | null;
  onAct: (action: QueueActionWord, id: string) => void;
}

export function EmailDrawer({ id, onClose, returnTo, onAct }: Props) {
  const last = useRef(id);
  if (id) last.current = id;
  const shown = last.current ?? '';
  const rights = useRights();
  const nameOf = useConnectionNames();
  useRefreshOn('queue', ['email', shown]);
  const story = useQuery({
    queryKey: ['email', shown],
    queryFn: () => ok(api.GET('/api/v1/emails/{id}', { params: { path: { id: shown } } })),
    enabled: shown !== '',
  });
  const email = story.data;
  const actions = email && rights.manage ? actionsFor(email) : [];
  const inSight = actions.filter(({ action }) => action === 'settle' || action === 'retry' || action === 'release').slice(0, 2);
  const rest = actions.filter((one) => !inSight.includes(one));
  return (
    <Drawer open={!!id} onClose={onClose} returnTo={returnTo} title={email ? email.subject || t('email.no_subject') : t('email.email')}
      sub={<>{email && <Status value={email.status} />}<span className="mono cut">{shown}</span></>}
      foot={email && (
        <>
          {inSight.map(({ action, icon: Icon }, index) => (
            <button key={action} type="button" className={`button ${index === 0 ? 'first' : ''}`} onClick={() => onAct(action, email.id)}><Icon aria-hidden />{t(`act.${action}`)}…</button>
          ))}
          {rest.length > 0 && (
            <Menu label={t('act.more')} trigger={t('act.more')} align="start"
              items={rest.map(({ action, icon, danger }) => ({ label: `${t(`act.${action}`)}…`, icon, danger, onSelect: () => onAct(action, email.id) }))} />
          )}
          {email.finished_at && <SendAgain emailId={email.id} email={email.email} />}
          <span className="grow" />
          <CopyButton text={location.href} label={t('action.copy_link')} />
        </>
      )}>
      {story.error && !email && <Failure error={story.error} retry={() => void story.refetch()} />}
      {!email && !story.error && <Bones />}
      {email && (
        <>
          {email.reason && <Note tone={email.status === 'failed' || email.status === 'expired' ? 'bad' : email.status === 'accepted' ? 'ok' : 'warn'} title={email.reason_class ? word('class', email.reason_class) : undefined}>{email.reason}</Note>}
          {email.in_doubt && !email.finished_at && <Note tone="info">{t('act.settle_help')}</Note>}
          <dl className="facts">
            <dt>{t('email.email')}</dt><dd className="strong">{email.email}</dd>
            <dt>{t('email.created_at')}</dt><dd><Time at={email.created_at} long /></dd>
            <dt>{t('email.last_attempt_at')}</dt><dd><Time at={email.last_attempt_at} long /></dd>
            {email.finished_at
              ? <><dt>{t('email.finished_at')}</dt><dd><Time at={email.finished_at} long /></dd></>
              : <><dt>{t('email.next_attempt_at')}</dt><dd><Time at={email.next_attempt_at} long /></dd><dt>{t('email.expires_at')}</dt><dd><Time at={email.expires_at} long /></dd></>}
            <dt>{t('email.attempts')}</dt><dd className="num">{format.number(email.attempts)}</dd>
            <dt>{t('email.lane')}</dt><dd>{email.lane}</dd>
            <dt>{t('email.connection')}</dt><dd>{email.connection_id === null ? t('email.any_connection') : <Link href={`/connections?open=${email.connection_id}`}>{nameOf(email.connection_id)}</Link>}</dd>
            {email.tags.length > 0 && <><dt>{t('email.tags')}</dt><dd className="line wraps">{email.tags.map((tag) => <Tag key={tag} boxed>{tag}</Tag>)}</dd></>}
            <dt>{t('email.size')}</dt><dd>{format.bytes(email.size_bytes)}</dd>
            <dt>{t('email.message_id')}</dt><dd className="mono">{email.message_id}</dd>
            <dt>{t('email.subject')}</dt><dd>{email.subject || '—'}</dd>
          </dl>
          <section className="part"><h3>{t('timeline.title')}</h3><Timeline story={email} /></section>
          <Content key={email.message_id} messageId={email.message_id} size={email.size_bytes} />
        </>
      )}
    </Drawer>
  );
}
