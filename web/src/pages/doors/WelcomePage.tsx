import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { Link, useLocation } from 'wouter';
import * as z from 'zod/mini';
import { api, ok } from '../../api/client';
import { ApiError } from '../../api/problem';
import { messageOf } from '../../lib/errors';
import { email, newPassword, sameTwice } from '../../lib/fields';
import { t } from '../../lib/i18n';
import { useEnter } from '../../lib/session';
import { spread, zodResolver } from '../../lib/zodResolver';
import { TextField } from '../../ui/form';
import { Failure, Note } from '../../ui/kit';
import { Door } from './Door';

/** The token stands behind the #, which browsers send to no server and write into no log. */
const readToken = () => new URLSearchParams(location.hash.slice(1)).get('token');

/** Where a one-time link leads: a new person, a forgotten password, or the very first administrator. */
export function WelcomePage() {
  const [token] = useState(readToken);
  const [refused, setRefused] = useState<string | null>(null);
  const methods = useQuery({ queryKey: ['methods'], queryFn: () => ok(api.GET('/api/v1/session/methods')) });
  if (!token || refused) return <Door title={t('welcome.title')}><Note tone="bad">{refused ?? t('welcome.no_token')}</Note><Link className="button wide" href="/sign-in">{t('sign_in.title')}</Link></Door>;
  const first = methods.data?.first_run ?? false;
  return (
    <Door title={first ? t('welcome.first_title') : t('welcome.title')} lead={first ? t('welcome.first_lead') : t('welcome.lead')}>
      {methods.error && <Failure error={methods.error} retry={() => void methods.refetch()} />}
      {methods.data && <WelcomeForm token={token} first={first} onRefused={setRefused} />}
    </Door>
  );
}

/** `onRefused` is told when the link opens nothing: no password that is typed here could help. */
function WelcomeForm({ token, first, onRefused }: { token: string; first: boolean; onRefused: (why: string) => void }) {
  const enter = useEnter();
  const [, navigate] = useLocation();
  const [wrong, setWrong] = useState<string | null>(null);
  const schema = z.object({ email: first ? email() : z.string(), password: newPassword(), again: z.string() }).check(sameTwice());
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: '', password: '', again: '' } });
  const use = useMutation({
    mutationFn: (values: z.infer<typeof schema>) =>
      ok(api.POST('/api/v1/session/invitation', { body: { token, password: values.password, ...(first && { email: values.email }) } })),
    onSuccess: (session) => {
      enter(session);
      navigate('/', { replace: true });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'invitation_invalid') return onRefused(messageOf(error));
      setWrong(error instanceof ApiError ? spread(error, ['email', 'password'], (field, complaint) => form.setError(field as 'email', complaint)) : messageOf(error));
    },
  });
  const { errors } = form.formState;
  return (
    <form className="stack" noValidate onSubmit={form.handleSubmit((values) => { setWrong(null); use.mutate(values); })}>
      {wrong && <Note tone="bad">{wrong}</Note>}
      {first && <TextField label={t('sign_in.email')} type="email" autoComplete="username" autoFocus error={errors.email?.message} {...form.register('email')} />}
      <TextField label={t('welcome.password')} type="password" autoComplete="new-password" autoFocus={!first} hint={t('form.password_hint')} error={errors.password?.message} {...form.register('password')} />
      <TextField label={t('welcome.again')} type="password" autoComplete="new-password" error={errors.again?.message} {...form.register('again')} />
      <button type="submit" className="button first wide" disabled={use.isPending}>{t('welcome.submit')}</button>
    </form>
  );
}
