import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import type { ApiKey, Scope } from '../api/types';
import { messageOf } from '../lib/errors';
import { t } from '../lib/i18n';
import { say } from '../lib/toasts';
import { spread, zodResolver } from '../lib/zodResolver';
import type { Column } from '../ui/grid/columns';
import { ShortList } from '../ui/grid/ShortList';
import { Confirm } from '../ui/Confirm';
import { TextField } from '../ui/form';
import { Choice, Empty, Note, PageHead, ShownOnce, Tag, Time, Wrong } from '../ui/kit';
import { Dialog } from '../ui/overlay';

const KEYS = ['api-keys'];
const SCOPES: Scope[] = ['send', 'read', 'manage', 'admin', 'content'];

export function ApiKeysPage() {
  const queries = useQueryClient();
  const keys = useQuery({ queryKey: KEYS, queryFn: async () => (await ok(api.GET('/api/v1/api-keys'))).items });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const refresh = () => void queries.invalidateQueries({ queryKey: KEYS });
  const columns: Column<ApiKey>[] = [
    { id: 'id', title: t('email.id'), width: '64px', render: (row) => <span className="mono faint">{row.id}</span> },
    { id: 'name', title: t('keys_page.name'), width: 'minmax(160px, 1fr)', phone: 'title', filter: { kind: 'text', name: 'name', hint: t('filter.contains') }, value: (row) => row.name, render: (row) => <div className="cut strong" title={row.name}>{row.name}</div> },
    { id: 'prefix', title: t('keys_page.prefix'), width: '130px', render: (row) => <span className="mono soft">{row.prefix}…</span> },
    { id: 'scopes', title: t('keys_page.scopes'), width: 'minmax(210px, 1fr)', phone: 'detail', filter: { kind: 'choice', name: 'scope', many: true, options: SCOPES.map((value) => ({ value, label: value })) }, value: (row) => row.scopes, render: (row) => <span className="line">{row.scopes.map((scope) => <Tag key={scope} boxed>{scope}</Tag>)}</span> },
    { id: 'created_at', title: t('email.created_at'), width: '150px', render: (row) => <span className="soft"><Time at={row.created_at} /></span> },
    { id: 'last_used_at', title: t('keys_page.last_used'), width: '150px', render: (row) => <span className="soft"><Time at={row.last_used_at} /></span> },
    { id: 'state', title: t('email.status'), width: '110px', phone: 'status', filter: { kind: 'choice', name: 'state', options: [{ value: 'valid', label: t('keys_page.valid') }, { value: 'revoked', label: t('keys_page.revoked') }] }, value: (row) => (row.revoked_at ? 'revoked' : 'valid'), render: (row) => (row.revoked_at ? <Tag tone="bad" title={row.revoked_at}>{t('keys_page.revoked')}</Tag> : <Tag tone="ok">{t('keys_page.valid')}</Tag>) },
    {
      id: 'actions', title: '', width: '64px', fixed: true, pinned: true, phone: 'time', head: <span className="only-read">{t('act.more')}</span>,
      render: (row) => row.revoked_at ? null : (
        <button type="button" className="button plain square little danger" aria-label={t('keys_page.revoke_named', { name: row.name })} onClick={(event) => { event.stopPropagation(); setRevoking(row); }}><Trash2 aria-hidden /></button>
      ),
    },
  ];
  return (
    <div className="page">
      <PageHead title={t('nav.api_keys')} help={t('keys_page.help')}>
        <button type="button" className="button first" onClick={() => setCreating(true)}><Plus aria-hidden />{t('keys_page.new')}</button>
      </PageHead>
      <ShortList label={t('nav.api_keys')} columns={columns} rows={keys.data} error={keys.error} retry={() => void keys.refetch()} idOf={(row) => String(row.id)} counted="keys_page.found"
        empty={<Empty icon={KeyRound} title={t('keys_page.empty')} action={<button type="button" className="button first" onClick={() => setCreating(true)}><Plus aria-hidden />{t('keys_page.new')}</button>}>{t('keys_page.empty_help')}</Empty>} />
      {creating && <NewKey onClose={() => setCreating(false)} onDone={refresh} />}
      {revoking && (
        <Confirm title={t('keys_page.revoke_title')} action={t('keys_page.revoke')} danger onClose={() => setRevoking(null)}
          run={() => ok(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id: revoking.id } } }))}
          onDone={() => { say(t('keys_page.revoked_done', { name: revoking.name })); refresh(); }}>
          {t('keys_page.revoke_help', { name: revoking.name })}
        </Confirm>
      )}
    </div>
  );
}

function NewKey({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [wrong, setWrong] = useState<string | null>(null);
  const schema = z.object({ name: z.string().trim().min(1, t('form.required')).max(200), scopes: z.array(z.enum(['send', 'read', 'manage', 'admin', 'content'])).min(1, t('keys_page.scope_needed')) });
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { name: '', scopes: ['send'] as Scope[] } });
  const make = useMutation({
    mutationFn: (values: z.infer<typeof schema>) => ok(api.POST('/api/v1/api-keys', { body: values })),
    onSuccess: onDone,
    onError: (error) => setWrong(error instanceof ApiError ? spread(error, ['name', 'scopes'], (field, complaint) => form.setError(field as 'name', complaint)) : messageOf(error)),
  });
  const scopes = form.watch('scopes');
  const { errors } = form.formState;
  if (make.data) {
    return (
      <Dialog open onClose={onClose} title={t('keys_page.made', { name: make.data.name })} foot={<button type="button" className="button first" onClick={onClose}>{t('action.done')}</button>}>
        <ShownOnce value={make.data.key} hint={t('keys_page.once')} />
      </Dialog>
    );
  }
  const submit = form.handleSubmit((values) => { setWrong(null); make.mutate(values); });
  return (
    <Dialog open onClose={onClose} title={t('keys_page.new')}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className="button first" disabled={make.isPending} onClick={() => void submit()}>{t('keys_page.make')}</button>
      </>}>
      <form className="stack" noValidate onSubmit={submit}>
        {wrong && <Note tone="bad">{wrong}</Note>}
        <TextField label={t('keys_page.name')} hint={t('keys_page.name_hint')} maxLength={200} error={errors.name?.message} {...form.register('name')} />
        <div className="field" role="group" aria-label={t('keys_page.scopes')}>
          <span className="label">{t('keys_page.scopes')}</span>
          {SCOPES.map((scope) => (
            <Choice key={scope} label={scope} hint={t(`scope.${scope}`)} checked={scopes.includes(scope)}
              onChange={(on) => form.setValue('scopes', on ? [...scopes, scope] : scopes.filter((other) => other !== scope), { shouldValidate: true })} />
          ))}
          <Wrong>{errors.scopes?.message}</Wrong>
        </div>
      </form>
    </Dialog>
  );
}
