// The form's libraries come after the page's own heading.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import type { Settings } from '../api/accounts';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import { messageOf } from '../lib/errors';
import { whole } from '../lib/fields';
import { t } from '../lib/i18n';
import { say } from '../lib/toasts';
import { spread, zodResolver } from '../lib/zodResolver';
import { useDiscard } from '../ui/Discard';
import { TextField } from '../ui/form';
import { Choice, Note } from '../ui/kit';
import { SETTINGS } from './settings';

export function SettingsForm({ settings }: { settings: Settings }) {
  const queries = useQueryClient();
  const schema = z.object({ totp_required: z.boolean(), session_hours: whole(1, 168) });
  const form = useForm({ resolver: zodResolver(schema), values: settings });
  const save = useMutation({
    mutationFn: (values: Settings) => ok(api.PATCH('/api/v1/settings', { body: values })),
    onSuccess: (answer) => { queries.setQueryData(SETTINGS, answer); form.reset(answer); say(t('action.saved')); },
    onError: (error) => { if (error instanceof ApiError) spread(error, ['session_hours', 'totp_required'], (field, complaint) => form.setError(field as 'session_hours', complaint)); },
  });
  const required = form.watch('totp_required');
  const { question } = useDiscard(form.formState.isDirty);
  return (
    <form className="card padded" noValidate onSubmit={form.handleSubmit((values) => save.mutate(values))}>
      <h2>{t('settings.sign_in')}</h2>
      {save.error && <Note tone="bad">{messageOf(save.error)}</Note>}
      <Choice label={t('settings.totp')} checked={required} onChange={(on) => form.setValue('totp_required', on, { shouldDirty: true })} />
      <p className="hint">{t('settings.totp_help')}</p>
      <TextField label={t('settings.hours')} type="number" min={1} max={168} hint={t('settings.hours_help')} error={form.formState.errors.session_hours?.message} {...form.register('session_hours')} />
      <button type="submit" className="button first start" disabled={save.isPending}>{t('action.save')}</button>
      {question}
    </form>
  );
}
