import { useMutation } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import { t } from '../../lib/i18n';
import { useRights } from '../../lib/session';
import { TextArea } from '../../ui/form';
import { Failure } from '../../ui/kit';
import { Dialog } from '../../ui/overlay/Dialog';

/** The same content once more, as a new message to this recipient. */
export function SendAgain({ emailId, email }: { emailId: string; email: string }) {
  const rights = useRights();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const send = useMutation({
    mutationFn: () => ok(api.POST('/api/v1/emails/{id}/send-again', { params: { path: { id: emailId } }, body: reason.trim() ? { reason: reason.trim() } : {} })),
    onSuccess: () => setOpen(false),
  });
  const again = send.data?.emails[0]?.id;
  if (!rights.manage) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => { send.reset(); setOpen(true); }}><RotateCw aria-hidden />{t('log.send_again')}</button>
      {/* It stays as long as the drawer: the new email is what one wants to look at next. */}
      <span role="status">{again && !open && <Link href={`/queue?open=${again}`}>{t('log.sent_again', { id: again })}</Link>}</span>
      <Dialog open={open} onClose={() => setOpen(false)} title={t('log.send_again_title')}
        foot={<>
          <button type="button" className="button" onClick={() => setOpen(false)}>{t('action.cancel')}</button>
          <button type="button" className="button first" disabled={send.isPending} onClick={() => send.mutate()}>{t('log.send_again')}</button>
        </>}>
        <p className="soft">{t('log.send_again_help', { email })}</p>
        <TextArea label={t('act.reason')} hint={t('log.send_again_reason')} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        {send.error && <Failure error={send.error} title={t('log.send_again')} />}
      </Dialog>
    </>
  );
}
