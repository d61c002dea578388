import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import * as format from '../../lib/format';
import { t, unturned, word } from '../../lib/i18n';
import { useRefreshOn } from '../../lib/lookups';
import { said } from '../../lib/sayings';
import { readTranscript } from '../../lib/transcript';
import { Bones, CopyButton, Fact, Failure, Note, Tag, Time } from '../../ui/kit';
import { Drawer } from '../../ui/overlay/Drawer';
import { Status } from '../../ui/status';
import { Content } from '../mail/Content';
import { Outcome } from '../mail/Outcome';
import { SendAgain } from '../mail/SendAgain';
import { Timeline } from '../mail/Timeline';

interface Props {
  id: string | null;
  onClose: () => void;
  returnTo: () => HTMLElement | null;
}

export function AttemptDrawer({ id, onClose, returnTo }: Props) {
  // While it slides away the drawer keeps what it showed.
  const last = useRef(id);
  if (id) last.current = id;
  const shown = last.current ?? '';
  useRefreshOn('log', ['attempt', shown]);
  const attempt = useQuery({
    queryKey: ['attempt', shown],
    queryFn: () => ok(api.GET('/api/v1/log/{id}', { params: { path: { id: shown } } })),
    enabled: shown !== '',
  });
  const row = attempt.data;
  const story = useQuery({
    queryKey: ['email', row?.active_queue_id],
    queryFn: () => ok(api.GET('/api/v1/emails/{id}', { params: { path: { id: row!.active_queue_id } } })),
    enabled: !!row,
    retry: false,
  });
  useRefreshOn('queue', ['email', row?.active_queue_id]);
  return (
    <Drawer open={!!id} onClose={onClose} returnTo={returnTo} title={row ? row.subject || t('email.no_subject') : t('log.attempt')}
      sub={<>{row && <Status value={row.status} />}<span className="cut">{row && t('log.attempt_n', { n: row.attempt })} <span className="mono">{shown}</span></span></>}
      foot={row && <>{story.data?.finished_at && <SendAgain emailId={row.active_queue_id} email={row.email} />}<span className="grow" /><CopyButton text={location.href} label={t('action.copy_link')} /></>}>
      {attempt.error && !row && <Failure error={attempt.error} retry={() => void attempt.refetch()} missing={t('log.missing')} />}
      {!row && !attempt.error && <Bones />}
      {row && (
        <>
          {row.status === 'fail' && <Note tone="bad" title={t('log.failed')}>{row.reason && said(row.reason)}</Note>}
          {row.status === 'success' && <Note tone="ok" title={t('log.accepted_by', { host: row.remote_host ?? row.connection_caption })}>{row.reason && said(row.reason)}</Note>}
          {row.status === 'fail' && story.data && <Outcome story={story.data} reasonClass={row.reason_class} />}
          <dl className="facts">
            <Fact name={t('email.email')} className="strong">{row.email}</Fact>
            <Fact name={t('log.attempted_at')}><Time at={row.attempted_at} long /></Fact>
            <Fact name={t('log.connection')}><Link href={`/connections?open=${row.connection_id}`}><bdi>{unturned(row.connection_caption) || `#${row.connection_id}`}</bdi></Link></Fact>
            <Fact name={t('log.remote_host')} className="mono">{row.remote_host ?? '—'}</Fact>
            <Fact name={t('log.tls')}>{row.tls ?? t('log.no_tls')}</Fact>
            <Fact name={t('log.reply_code')} className="mono">{[row.reply_code, row.enhanced_code].filter(Boolean).join(' ') || '—'}</Fact>
            {row.reason_class && <Fact name={t('email.reason_class')}>{word('class', row.reason_class)}</Fact>}
            {row.decided_by && <Fact name={t('log.decided_by')}>{row.decided_by}</Fact>}
            <Fact name={t('log.provider_id')} className="mono">{row.provider_id ?? '—'}</Fact>
            <Fact name={t('log.duration')}>{row.duration_ms === null ? '—' : format.milliseconds(row.duration_ms)}</Fact>
            <Fact name={t('log.active_queue_id')} className="mono"><Link href={`/queue?open=${row.active_queue_id}`}>{row.active_queue_id}</Link></Fact>
            <Fact name={t('email.message_id')} className="mono">{row.message_id}</Fact>
            <Fact name={t('email.subject')}>{row.subject || '—'}</Fact>
          </dl>
          {story.error && !story.data && <Failure error={story.error} retry={() => void story.refetch()} title={t('timeline.failed_load')} missing={t('email.missing')} />}
          {story.data && <section className="part"><h3>{t('timeline.title')}</h3><Timeline story={story.data} current={shown} /></section>}
          <section className="part">
            <div className="part-head"><h3>{t('log.conversation')}</h3><Tag boxed>{t('log.secrets_removed')}</Tag></div>
            {row.conversation ? <Transcript text={row.conversation} /> : <p className="hint">{t('log.no_conversation')}</p>}
          </section>
          <Content key={row.message_id} messageId={row.message_id} />
        </>
      )}
    </Drawer>
  );
}

const arrows = { us: '→', them: '←', note: '·' };

function Transcript({ text }: { text: string }) {
  return (
    <div className="transcript" tabIndex={0} role="region" aria-label={t('log.conversation')}>
      {readTranscript(text).map((line, index) => (
        <div key={index} className={line.refusal ? 'refusal' : line.who === 'us' ? 'ours' : line.who === 'note' ? 'note-line' : ''}>
          <i aria-hidden>{arrows[line.who]}</i><span>{unturned(line.text)}</span>
        </div>
      ))}
    </div>
  );
}
