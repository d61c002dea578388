// The form comes with its libraries when it is opened, not with the page.
import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import type { SubmissionLogin } from '../api/types';
import { messageOf } from '../lib/errors';
import { needed, whole } from '../lib/fields';
import { t } from '../lib/i18n';
import { useDelivery } from '../lib/lookups';
import { spread, zodResolver } from '../lib/zodResolver';
import { useDiscard } from '../ui/Discard';
import { SelectField, TextArea, TextField } from '../ui/form';
import { Note } from '../ui/kit';
import { Dialog } from '../ui/overlay/Dialog';

const schema = () =>
  z.object({ username: needed(128), senders: z.string(), lane: z.string(), per_minute: whole(0, 1_000_000_000), per_day: whole(0, 1_000_000_000) });

export function LoginForm({ login, onClose, onDone, onMade }: {
  login: SubmissionLogin | null; onClose: () => void; onDone: () => void; onMade: (made: { username: string; password: string }) => void;
}) {
  const lanes = useDelivery().data?.lanes ?? [];
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();
  const form = useForm({
    resolver: zodResolver(schema()),
    defaultValues: { username: login?.username ?? '', senders: login?.senders.join('\n') ?? '', lane: login?.lane ?? '', per_minute: login?.per_minute ?? 0, per_day: login?.per_day ?? 0 },
  });
  const save = useMutation({
    mutationFn: async ({ username, senders, lane, ...rest }: z.infer<ReturnType<typeof schema>>) => {
      const body = { ...rest, senders: senders.split(/[\s,]+/).filter(Boolean), lane: lane || null };
      if (login) return void (await ok(api.PATCH('/api/v1/submission-logins/{id}', { params: { path: { id: login.id } }, body })));
      onMade(await ok(api.POST('/api/v1/submission-logins', { body: { username, ...body } })));
    },
    onSuccess: () => { onDone(); onClose(); },
    onError: (error) => setWrong(error instanceof ApiError ? spread(error, ['username', 'senders', 'lane', 'per_minute', 'per_day'], (field, complaint) => form.setError(field as 'username', complaint)) : messageOf(error)),
  });
  const { errors, isDirty } = form.formState;
  const { close, question } = useDiscard(isDirty, onClose);
  const submit = form.handleSubmit((values) => { setWrong(null); save.mutate(values); });
  return (
    <Dialog open onClose={close} title={login ? t('logins_page.edit_named', { name: login.username }) : t('logins_page.new')}
      foot={<>
        <button type="button" className="button" onClick={close}>{t('action.cancel')}</button>
        <button type="submit" form={id} className="button first" disabled={save.isPending}>{login ? t('logins_page.save') : t('logins_page.make')}</button>
      </>}>
      <form id={id} className="stack" noValidate onSubmit={submit}>
        {wrong && <Note tone="bad">{wrong}</Note>}
        {!login && <TextField label={t('logins_page.username')} hint={t('logins_page.username_hint')} maxLength={128} error={errors.username?.message} {...form.register('username')} />}
        <TextArea label={t('logins_page.senders')} hint={t('logins_page.senders_hint')} rows={3} error={errors.senders?.message} {...form.register('senders')} />
        <SelectField label={t('email.lane')} hint={t('logins_page.lane_hint')} error={errors.lane?.message}
          options={[{ value: '', label: t('logins_page.any_lane') }, ...lanes.map((lane) => ({ value: lane, label: lane }))]} {...form.register('lane')} />
        <TextField label={t('logins_page.per_minute')} hint={t('logins_page.limit_hint')} type="number" min={0} error={errors.per_minute?.message} {...form.register('per_minute')} />
        <TextField label={t('logins_page.per_day')} hint={t('logins_page.limit_hint')} type="number" min={0} error={errors.per_day?.message} {...form.register('per_day')} />
      </form>
      {question}
    </Dialog>
  );
}
