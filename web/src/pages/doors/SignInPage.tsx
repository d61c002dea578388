import { useMutation, useQuery } from '@tanstack/react-query';
import { LogIn } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { Redirect, useLocation } from 'wouter';
import * as z from 'zod/mini';
import { api, ok } from '../../api/client';
import { ApiError } from '../../api/problem';
import { messageOf } from '../../lib/errors';
import { needed, secret } from '../../lib/fields';
import { known, t } from '../../lib/i18n';
import { useEnded, useEnter, useSession } from '../../lib/session';
import { safeNext, useUrlState } from '../../lib/url';
import { zodResolver } from '../../lib/zodResolver';
import { TextField } from '../../ui/form';
import { Bones, Failure, Note } from '../../ui/kit';
import { Door } from './Door';

export function SignInPage() {
  const [params] = useUrlState();
  const session = useSession();
  const methods = useQuery({ queryKey: ['methods'], queryFn: () => ok(api.GET('/api/v1/session/methods')) });
  const next = safeNext(params.get('next'));
  const failure = params.get('error');
  const ended = useEnded();
  if (session.data) return <Redirect to={next} replace />;
  if (methods.data?.first_run) return <FirstRun />;
  const oidc = methods.data?.oidc;
  return (
    <Door title={t('sign_in.title')} lead={t('sign_in.lead')}>
      {ended && <Note tone="info">{t('sign_in.ended')}</Note>}
      {failure && <Note tone="bad" title={t('sign_in.oidc_failed')}>{known('oidc', failure) ?? t('oidc.other')}</Note>}
      {methods.isPending && <Bones />}
      {methods.error && <Failure error={methods.error} retry={() => void methods.refetch()} />}
      {methods.data?.password !== false && !methods.isPending && <PasswordForm />}
      {oidc && (
        <>
          {methods.data?.password && <div className="or">{t('sign_in.or')}</div>}
          <a className="button wide" href="/api/v1/session/oidc"><LogIn aria-hidden />{t('sign_in.oidc', { name: oidc.name ?? 'OpenID Connect' })}</a>
        </>
      )}
    </Door>
  );
}

/** Nobody has an account yet: the server's own output has the link. */
function FirstRun() {
  return (
    <Door title={t('first_run.title')} lead={t('first_run.lead')} wide>
      <ol className="stack small numbered">
        <li>{t('first_run.look')}</li>
        <li>{t('first_run.open')}<div className="secret"><code>{location.origin}/welcome#token=…</code></div></li>
        <li>{t('first_run.again')}</li>
      </ol>
    </Door>
  );
}

function PasswordForm() {
  const enter = useEnter();
  const [, navigate] = useLocation();
  const [params] = useUrlState();
  const [step, setStep] = useState<'password' | 'totp'>('password');
  const schema = z.object({
    email: needed(254),
    password: secret(),
    totp: step === 'totp' ? z.string().check(z.trim(), z.minLength(6, t('sign_in.totp_needed'))) : z.string(),
  });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: '', password: '', totp: '' } });
  const signIn = useMutation({
    mutationFn: ({ email, password, totp }: z.infer<typeof schema>) =>
      ok(api.POST('/api/v1/session', { body: { email, password, ...(step === 'totp' && { totp: totp.replace(/\s/g, '') }) } })),
    onSuccess: (session) => {
      enter(session);
      navigate(safeNext(params.get('next')), { replace: true });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'totp_required') setStep('totp');
      if (error instanceof ApiError && error.code === 'totp_wrong') form.setFocus('totp', { shouldSelect: true });
    },
  });
  const { errors } = form.formState;
  const failed = signIn.error && !(signIn.error instanceof ApiError && signIn.error.code === 'totp_required');
  return (
    <form className="stack" noValidate onSubmit={form.handleSubmit((values) => signIn.mutate(values))}>
      {failed && <Note tone="bad">{messageOf(signIn.error)}</Note>}
      {step === 'password' ? (
        <>
          <TextField label={t('sign_in.email')} type="email" autoComplete="username" autoFocus error={errors.email?.message} {...form.register('email')} />
          <TextField label={t('sign_in.password')} type="password" autoComplete="current-password" error={errors.password?.message} {...form.register('password')} />
        </>
      ) : (
        <TextField key="totp" label={t('sign_in.totp')} hint={t('sign_in.totp_hint')} className="code-input" autoComplete="one-time-code" autoFocus error={errors.totp?.message} {...form.register('totp')} />
      )}
      <button type="submit" className="button first wide" disabled={signIn.isPending}>{t('sign_in.submit')}</button>
      {step === 'totp' && <button type="button" className="button plain" onClick={() => { setStep('password'); signIn.reset(); form.resetField('totp'); }}>{t('action.back')}</button>}
    </form>
  );
}
