// The form's libraries come after the page's own heading.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { api, ok } from '../../api/client';
import { ApiError } from '../../api/problem';
import { messageOf, passwordComplaint } from '../../lib/errors';
import { newPassword, sameTwice, secret } from '../../lib/fields';
import { t } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import { spread, zodResolver } from '../../lib/zodResolver';
import { useDiscard } from '../../ui/Discard';
import { TextField } from '../../ui/form';
import { Note } from '../../ui/kit';

export function PasswordForm() {
  const [wrong, setWrong] = useState<string | null>(null);
  const schema = z.object({ current: secret(), password: newPassword(), again: z.string() }).check(sameTwice());
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { current: '', password: '', again: '' } });
  const change = useMutation({
    mutationFn: ({ current, password }: z.infer<typeof schema>) => ok(api.POST('/api/v1/profile/password', { body: { current, password } })),
    onSuccess: () => { form.reset(); say(t('profile.password_changed')); },
    onError: (error) => {
      const complaint = passwordComplaint(error);
      if (complaint) return form.setError('current', { message: complaint }, { shouldFocus: true });
      setWrong(error instanceof ApiError ? spread(error, ['current', 'password'], (field, complaint) => form.setError(field as 'password', complaint)) : messageOf(error));
    },
  });
  const { errors, isDirty } = form.formState;
  const { question } = useDiscard(isDirty);
  return (
    <form className="card padded" noValidate onSubmit={form.handleSubmit((values) => { setWrong(null); change.mutate(values); })}>
      <h2>{t('profile.password')}</h2>
      {wrong && <Note tone="bad">{wrong}</Note>}
      <TextField label={t('profile.password_now')} type="password" autoComplete="current-password" error={errors.current?.message} {...form.register('current')} />
      <div className="two">
        <TextField label={t('welcome.password')} type="password" autoComplete="new-password" hint={t('form.password_hint')} error={errors.password?.message} {...form.register('password')} />
        <TextField label={t('welcome.again')} type="password" autoComplete="new-password" error={errors.again?.message} {...form.register('again')} />
      </div>
      <button type="submit" className="button start" disabled={change.isPending}>{t('profile.password_change')}</button>
      {question}
    </form>
  );
}
