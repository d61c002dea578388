import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import type { QueueActionWord } from '../../api/types';
import * as format from '../../lib/format';
import { t, unturned, word } from '../../lib/i18n';
import { useConnectionNames, useRefreshOn } from '../../lib/lookups';
import { said } from '../../lib/sayings';
import { useRights } from '../../lib/session';
import { Bones, CopyButton, Fact, Failure, Note, Tag, Time } from '../../ui/kit';
import { Menu } from '../../ui/overlay';
import { Drawer } from '../../ui/overlay/Drawer';
import { Status } from '../../ui/status';
import { Content } from '../mail/Content';
import { Origin } from '../mail/Origin';
import { SendAgain } from '../mail/SendAgain';
import { Timeline } from '../mail/Timeline';
import { actionsFor, inSightFor, isInDoubt } from './actions';

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
  const inSight = email && rights.manage ? inSightFor(email) : [];
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
      {story.error && !email && <Failure error={story.error} retry={() => void story.refetch()} missing={t('email.missing')} />}
      {!email && !story.error && <Bones />}
      {email && (
        <>
          {email.reason && <Note tone={email.status === 'failed' || email.status === 'expired' ? 'bad' : email.status === 'accepted' ? 'ok' : 'warn'} title={email.reason_class ? word('class', email.reason_class) : undefined}>{said(email.reason)}</Note>}
          {isInDoubt(email) && !email.finished_at && <Note tone="warn">{t('act.settle_help')}</Note>}
          <dl className="facts">
            <Fact name={t('email.email')} className="strong">{email.email}</Fact>
            <Fact name={t('email.created_at')}><Time at={email.created_at} long /></Fact>
            <Fact name={t('email.last_attempt_at')}><Time at={email.last_attempt_at} long /></Fact>
            {email.finished_at
              ? <Fact name={t('email.finished_at')}><Time at={email.finished_at} long /></Fact>
              : <><Fact name={t('email.next_attempt_at')}><Time at={email.next_attempt_at} long /></Fact><Fact name={t('email.expires_at')}><Time at={email.expires_at} long /></Fact></>}
            <Fact name={t('email.attempts')} className="num">{format.number(email.attempts)}</Fact>
            <Fact name={t('email.lane')}>{email.lane}</Fact>
            <Fact name={t('email.connection')}>
              {email.connection_id === null ? t('email.any_connection') : (
                <>
                  <Link href={`/connections?open=${email.connection_id}`}><bdi>{unturned(nameOf(email.connection_id)!)}</bdi></Link>
                  {!email.finished_at && <span className="hint"> · {t(isInDoubt(email) ? 'email.bound_in_doubt' : 'email.bound')}</span>}
                </>
              )}
            </Fact>
            {email.tags.length > 0 && <Fact name={t('email.tags')} className="line wraps">{email.tags.map((tag) => <Tag key={tag} boxed>{unturned(tag)}</Tag>)}</Fact>}
            <Fact name={t('email.size')}>{format.bytes(email.size_bytes)}</Fact>
            <Fact name={t('email.message_id')} className="mono">{email.message_id}</Fact>
            <Fact name={t('email.subject')}>{email.subject || '—'}</Fact>
          </dl>
          <Origin messageId={email.message_id} />
          <section className="part"><h3>{t('timeline.title')}</h3><Timeline story={email} /></section>
          <Content key={email.message_id} messageId={email.message_id} size={email.size_bytes} />
        </>
      )}
    </Drawer>
  );
}
