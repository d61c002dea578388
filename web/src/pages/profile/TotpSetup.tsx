// Setting up the second factor: scan or type the secret, prove it with a code, keep the recovery codes.
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { encode } from 'uqr';
import type { TotpSecret } from '../../api/accounts';
import { api, ok } from '../../api/client';
import { messageOf, passwordComplaint } from '../../lib/errors';
import { t } from '../../lib/i18n';
import { TextField } from '../../ui/form';
import { CopyButton, Note } from '../../ui/kit';

export function TotpSetup({ onDone, doneLabel }: { onDone: () => void; doneLabel: string }) {
  const [secret, setSecret] = useState<TotpSecret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} doneLabel={doneLabel} />;
  if (secret) return <Confirm secret={secret} onConfirmed={setCodes} />;
  return <AskPassword onSecret={setSecret} />;
}

function AskPassword({ onSecret }: { onSecret: (secret: TotpSecret) => void }) {
  const [password, setPassword] = useState('');
  const begin = useMutation({ mutationFn: () => ok(api.POST('/api/v1/profile/totp', { body: { password } })), onSuccess: onSecret });
  const wrong = passwordComplaint(begin.error);
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); begin.mutate(); }}>
      {begin.error && !wrong && <Note tone="bad">{messageOf(begin.error)}</Note>}
      <TextField label={t('totp.password')} type="password" autoComplete="current-password" value={password} error={wrong} onChange={(event) => setPassword(event.target.value)} />
      <button type="submit" className="button first start" disabled={!password || begin.isPending}>{t('totp.begin')}</button>
    </form>
  );
}

function Confirm({ secret, onConfirmed }: { secret: TotpSecret; onConfirmed: (codes: string[]) => void }) {
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () => ok(api.POST('/api/v1/profile/totp/confirm', { body: { totp: code.replace(/\s/g, '') } })),
    onSuccess: (answer) => onConfirmed(answer.recovery_codes),
  });
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); confirm.mutate(); }}>
      <p className="small soft">{t('totp.scan')}</p>
      <QrCode text={secret.uri} />
      <div className="secret"><code aria-label={t('totp.secret')}>{secret.secret.match(/.{1,4}/g)?.join(' ')}</code><CopyButton text={secret.secret} little /></div>
      <TextField label={t('totp.code')} className="code-input" inputMode="numeric" autoComplete="one-time-code" maxLength={7} value={code} error={confirm.error ? messageOf(confirm.error) : undefined} onChange={(event) => setCode(event.target.value)} />
      <button type="submit" className="button first start" disabled={code.replace(/\s/g, '').length !== 6 || confirm.isPending}>{t('totp.confirm')}</button>
    </form>
  );
}

function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : []))).join('');
  return <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t('totp.qr')} shapeRendering="crispEdges"><path d={path} fill="#000" /></svg>;
}

function RecoveryCodes({ codes, onDone, doneLabel }: { codes: string[]; onDone: () => void; doneLabel: string }) {
  const text = codes.join('\n');
  return (
    <div className="stack">
      <Note tone="warn" title={t('totp.codes_title')}>{t('totp.codes_help')}</Note>
      <ul className="codes" aria-label={t('totp.codes_title')}>{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <div className="line wraps">
        <CopyButton text={text} />
        <a className="button" download="postroom-recovery-codes.txt" href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}><Download aria-hidden />{t('totp.codes_download')}</a>
        <span className="grow" />
        <button type="button" className="button first" onClick={onDone}>{doneLabel}</button>
      </div>
    </div>
  );
}
