import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import * as format from '../../lib/format';
import { t, word } from '../../lib/i18n';
import { useRefreshOn } from '../../lib/lookups';
import { readTranscript } from '../../lib/transcript';
import { Bones, CopyButton, Failure, Note, Tag, Time } from '../../ui/kit';
import { Drawer } from '../../ui/overlay/Drawer';
import { Status } from '../../ui/status';
import { Content } from '../mail/Content';
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
      {attempt.error && !row && <Failure error={attempt.error} retry={() => void attempt.refetch()} />}
      {!row && !attempt.error && <Bones />}
      {row && (
        <>
          {row.status === 'fail' && <Note tone="bad" title={t('log.failed')}>{row.reason}</Note>}
          {row.status === 'success' && <Note tone="ok" title={t('log.accepted_by', { host: row.remote_host ?? row.connection_caption })}>{row.reason}</Note>}
          <dl className="facts">
            <dt>{t('email.email')}</dt><dd className="strong">{row.email}</dd>
            <dt>{t('log.attempted_at')}</dt><dd><Time at={row.attempted_at} long /></dd>
            <dt>{t('log.connection')}</dt><dd><Link href={`/connections?open=${row.connection_id}`}>{row.connection_caption || `#${row.connection_id}`}</Link></dd>
            <dt>{t('log.remote_host')}</dt><dd className="mono">{row.remote_host ?? '—'}</dd>
            <dt>{t('log.tls')}</dt><dd>{row.tls ?? t('log.no_tls')}</dd>
            <dt>{t('log.reply_code')}</dt><dd className="mono">{[row.reply_code, row.enhanced_code].filter(Boolean).join(' ') || '—'}</dd>
            {row.reason_class && <><dt>{t('email.reason_class')}</dt><dd>{word('class', row.reason_class)}</dd></>}
            {row.decided_by && <><dt>{t('log.decided_by')}</dt><dd>{row.decided_by}</dd></>}
            <dt>{t('log.provider_id')}</dt><dd className="mono">{row.provider_id ?? '—'}</dd>
            <dt>{t('log.duration')}</dt><dd>{row.duration_ms === null ? '—' : format.milliseconds(row.duration_ms)}</dd>
            <dt>{t('log.active_queue_id')}</dt><dd className="mono"><Link href={`/queue?open=${row.active_queue_id}`}>{row.active_queue_id}</Link></dd>
            <dt>{t('email.message_id')}</dt><dd className="mono">{row.message_id}</dd>
            <dt>{t('email.subject')}</dt><dd>{row.subject || '—'}</dd>
          </dl>
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
          <i aria-hidden>{arrows[line.who]}</i><span>{line.text}</span>
        </div>
      ))}
    </div>
  );
}
