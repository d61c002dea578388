// The form comes with its libraries when it is opened, not with the page.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import type { Scope } from '../api/types';
import { messageOf } from '../lib/errors';
import { needed } from '../lib/fields';
import { t } from '../lib/i18n';
import { spread, zodResolver } from '../lib/zodResolver';
import { useDiscard } from '../ui/Discard';
import { TextField } from '../ui/form';
import { Choice, Note, Wrong } from '../ui/kit';
import { Dialog } from '../ui/overlay/Dialog';
import { ShownOnce } from '../ui/ShownOnce';
import { SCOPES } from './scopes';

export function NewKey({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [wrong, setWrong] = useState<string | null>(null);
  const schema = z.object({ name: needed(200), scopes: z.array(z.enum(['send', 'read', 'manage', 'admin', 'content'])).check(z.minLength(1, t('keys_page.scope_needed'))) });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { name: '', scopes: ['send'] as Scope[] } });
  const make = useMutation({
    mutationFn: (values: z.infer<typeof schema>) => ok(api.POST('/api/v1/api-keys', { body: values })),
    onSuccess: onDone,
    onError: (error) => setWrong(error instanceof ApiError ? spread(error, ['name', 'scopes'], (field, complaint) => form.setError(field as 'name', complaint)) : messageOf(error)),
  });
  const scopes = form.watch('scopes');
  const { errors, isDirty } = form.formState;
  const { close, question } = useDiscard(isDirty, onClose);
  if (make.data) return <ShownOnce title={t('keys_page.made', { name: make.data.name })} value={make.data.key} hint={t('keys_page.once')} onDone={onClose} />;
  const submit = form.handleSubmit((values) => { setWrong(null); make.mutate(values); });
  return (
    <Dialog open onClose={close} title={t('keys_page.new')}
      foot={<>
        <button type="button" className="button" onClick={close}>{t('action.cancel')}</button>
        <button type="button" className="button first" disabled={make.isPending} onClick={() => void submit()}>{t('keys_page.make')}</button>
      </>}>
      <form className="stack" noValidate onSubmit={submit}>
        {wrong && <Note tone="bad">{wrong}</Note>}
        <TextField label={t('keys_page.name')} hint={t('keys_page.name_hint')} maxLength={200} error={errors.name?.message} {...form.register('name')} />
        <div className="field" role="group" aria-label={t('keys_page.scopes')}>
          <span className="label">{t('keys_page.scopes')}</span>
          {SCOPES.map((scope) => (
            <Choice key={scope} label={scope} hint={t(`scope.${scope}`)} checked={scopes.includes(scope)}
              onChange={(on) => form.setValue('scopes', on ? [...scopes, scope] : scopes.filter((other) => other !== scope), { shouldDirty: true, shouldValidate: true })} />
          ))}
          <Wrong>{errors.scopes?.message}</Wrong>
        </div>
      </form>
      {question}
    </Dialog>
  );
}
