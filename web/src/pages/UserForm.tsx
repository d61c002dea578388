// The form comes with its libraries when it is opened, not with the page.
import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import type { User } from '../api/accounts';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import { messageOf } from '../lib/errors';
import { email, text } from '../lib/fields';
import { t, word } from '../lib/i18n';
import { spread, zodResolver } from '../lib/zodResolver';
import { useDiscard } from '../ui/Discard';
import { SelectField, TextField } from '../ui/form';
import { Choice, Note } from '../ui/kit';
import { Dialog } from '../ui/overlay/Dialog';
import { ROLES } from './roles';

export function UserForm({ user, lastAdmin, onClose, onDone }: { user?: User; lastAdmin?: boolean; onClose: () => void; onDone: (made?: { email: string; invitation?: string }) => void }) {
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();
  const schema = z.object({ email: user ? z.string() : email(), name: text(200), role: z.enum(['viewer', 'operator', 'admin']), content: z.boolean() });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: user?.email ?? '', name: user?.name ?? '', role: user?.role ?? 'viewer', content: user?.content ?? false } });
  const save = useMutation({
    mutationFn: async ({ email, name, role, content }: z.infer<typeof schema>) => {
      if (!user) return ok(api.POST('/api/v1/users', { body: { email, role, content, ...(name && { name }) } }));
      await ok(api.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body: { name, role, content } }));
      return undefined;
    },
    onSuccess: (made) => { onClose(); onDone(made); },
    onError: (error) => setWrong(error instanceof ApiError ? spread(error, ['email', 'name', 'role', 'content'], (field, complaint) => form.setError(field as 'email', complaint)) : messageOf(error)),
  });
  const { errors, isDirty } = form.formState;
  const { close, question } = useDiscard(isDirty, onClose);
  const role = form.watch('role');
  const submit = form.handleSubmit((values) => { setWrong(null); save.mutate(values); });
  return (
    <Dialog open onClose={close} title={user ? user.email : t('users.invite')}
      foot={<>
        <button type="button" className="button" onClick={close}>{t('action.cancel')}</button>
        <button type="submit" form={id} className="button first" disabled={save.isPending}>{user ? t('action.save') : t('users.invite')}</button>
      </>}>
      <form id={id} className="stack" noValidate onSubmit={submit}>
        {wrong && <Note tone="bad">{wrong}</Note>}
        {!user && <TextField label={t('sign_in.email')} type="email" error={errors.email?.message} {...form.register('email')} />}
        <TextField label={t('users.name')} error={errors.name?.message} {...form.register('name')} />
        <SelectField label={t('users.role')} hint={t(`role_help.${role}`)} error={errors.role?.message} disabled={lastAdmin} options={ROLES.map((value) => ({ value, label: word('role', value) }))} {...form.register('role')} />
        {lastAdmin && <p className="hint">{t('users.last_admin')}</p>}
        <Choice label={t('users.may_see_content')} checked={role === 'admin' || form.watch('content')} disabled={role === 'admin'} onChange={(on) => form.setValue('content', on, { shouldDirty: true })} />
        {user && <p className="hint">{t('users.ends_sessions')}</p>}
      </form>
      {question}
    </Dialog>
  );
}
