// What a message says. HTML is drawn in a frame without scripts, origin, forms or navigation (sandbox=""), which also
// inherits this page's content security policy: nothing remote is fetched, so opening it tells the sender nothing.
import { useQuery } from '@tanstack/react-query';
import { Download, Eye, Paperclip } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import * as format from '../../lib/format';
import { t, tn, unturned } from '../../lib/i18n';
import { parseMail, type Mail } from '../../lib/mime';
import { useRights } from '../../lib/session';
import { Failure, Segments, Tag } from '../../ui/kit';

type Face = 'text' | 'html' | 'source' | 'headers';

export function Content({ messageId, size }: { messageId: string; size?: number }) {
  const rights = useRights();
  const [wanted, setWanted] = useState(false);
  const mail = useQuery({
    queryKey: ['content', messageId],
    queryFn: async () => parseMail(new Uint8Array((await ok(api.GET('/api/v1/messages/{id}/content', { params: { path: { id: messageId } }, parseAs: 'arrayBuffer' }))) as ArrayBuffer)),
    enabled: wanted,
    retry: false,
    gcTime: 0,
    // What a message says does not change; each reading of it is in the audit log.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  return (
    <section className="part">
      <div className="part-head">
        <h3>{t('content.title')}</h3>
        {mail.data && <a className="button little" href={`/api/v1/messages/${messageId}/content`} download={`${messageId}.eml`}><Download aria-hidden />{t('content.download')}</a>}
      </div>
      {!rights.content ? <p className="hint">{t('content.no_right')}</p>
        : mail.data ? <MailView mail={mail.data} />
        : mail.error ? <Failure error={mail.error} retry={() => void mail.refetch()} />
        : (
          <div className="line wraps">
            <button type="button" className="button" onClick={() => setWanted(true)} disabled={mail.isFetching}><Eye aria-hidden />{t('content.show')}</button>
            <span className="hint">{t('content.privacy')}{size !== undefined && ` (${format.bytes(size)})`}</span>
          </div>
        )}
    </section>
  );
}

function MailView({ mail }: { mail: Mail }) {
  const faces: { value: Face; label: string }[] = [
    ...(mail.text !== null ? [{ value: 'text' as const, label: t('content.text') }] : []),
    ...(mail.html !== null ? [{ value: 'html' as const, label: t('content.html') }, { value: 'source' as const, label: t('content.html_source') }] : []),
    { value: 'headers', label: t('content.headers') },
  ];
  const [face, setFace] = useState<Face>(faces[0]!.value);
  return (
    <div className="stack">
      <Segments label={t('content.title')} value={face} options={faces} onChange={setFace} />
      {face === 'text' && <Source text={mail.text!} label={t('content.text')} />}
      {face === 'source' && <Source text={mail.html!} label={t('content.html_source')} />}
      {face === 'headers' && <Source text={unturned(mail.headers.map(({ name, value }) => `${name}: ${value}`).join('\n'))} label={t('content.headers')} />}
      {face === 'html' && (
        <>
          <iframe className="mail-frame" sandbox="" srcDoc={mail.html!} title={t('content.html')} referrerPolicy="no-referrer" />
          <p className="hint">{t('content.safe')}</p>
        </>
      )}
      {mail.attachments.length > 0 && (
        <div className="stack tight">
          <span className="label">{tn('content.attachments', mail.attachments.length)}</span>
          <div className="line wraps">
            {mail.attachments.map((part, index) => (
              <Tag key={index} boxed icon={Paperclip}>{part.filename === null ? t('content.unnamed') : unturned(part.filename)} · {part.type} · {format.bytes(part.size)}</Tag>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function Source({ text, label }: { text: string; label: string }) {
  return <pre className="transcript plain" tabIndex={0} role="region" aria-label={label}>{text}</pre>;
}
