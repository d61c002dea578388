import { useMutation } from '@tanstack/react-query';
import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { messageOf, passwordComplaint } from '../../lib/errors';
import { t } from '../../lib/i18n';
import { useRefreshSession } from '../../lib/session';
import { say } from '../../lib/toasts';
import { TextField } from '../../ui/form';
import { Note, Tag } from '../../ui/kit';
import { Dialog } from '../../ui/overlay/Dialog';
import { TotpSetup } from './TotpSetup';

export function TotpCard({ enabled }: { enabled: boolean }) {
  const refresh = useRefreshSession();
  const [setting, setSetting] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <section className="card padded">
      <div className="card-head">
        <h2>{t('totp.title')}</h2>
        <Tag tone={enabled ? 'ok' : 'warn'} icon={enabled ? ShieldCheck : ShieldOff}>{enabled ? t('totp.on') : t('totp.off')}</Tag>
      </div>
      <p className="small soft">{t('totp.help')}</p>
      {setting ? <TotpSetup doneLabel={t('action.done')} onDone={() => { setSetting(false); void refresh(); }} />
        : enabled ? <button type="button" className="button danger start" onClick={() => setRemoving(true)}>{t('totp.remove')}</button>
        : <button type="button" className="button first start" onClick={() => setSetting(true)}>{t('totp.set_up')}</button>}
      {removing && <Remove onClose={() => setRemoving(false)} onDone={() => void refresh()} />}
    </section>
  );
}

function Remove({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [password, setPassword] = useState('');
  const remove = useMutation({
    mutationFn: () => ok(api.DELETE('/api/v1/profile/totp', { body: { password } })),
    onSuccess: () => { say(t('totp.removed')); onDone(); onClose(); },
  });
  const wrong = passwordComplaint(remove.error);
  return (
    <Dialog open onClose={onClose} title={t('totp.remove')}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className="button first danger" disabled={!password || remove.isPending} onClick={() => remove.mutate()}>{t('totp.remove')}</button>
      </>}>
      <p className="soft">{t('totp.remove_help')}</p>
      {remove.error && !wrong && <Note tone="bad">{messageOf(remove.error)}</Note>}
      <TextField label={t('totp.password')} type="password" autoComplete="current-password" value={password} error={wrong} onChange={(event) => setPassword(event.target.value)} />
    </Dialog>
  );
}
