import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Mailbox, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';
import type { SubmissionLogin } from '../api/types';
import { messageOf } from '../lib/errors';
import { t } from '../lib/i18n';
import { useDelivery } from '../lib/lookups';
import { say } from '../lib/toasts';
import { spread, zodResolver } from '../lib/zodResolver';
import type { Column } from '../ui/grid/columns';
import { ShortList } from '../ui/grid/ShortList';
import { Confirm } from '../ui/Confirm';
import { SelectField, TextArea, TextField } from '../ui/form';
import { Empty, Note, PageHead, ShownOnce, Switch, Time } from '../ui/kit';
import { Dialog, Menu } from '../ui/overlay';

const LOGINS = ['submission-logins'];
const path = (login: SubmissionLogin) => ({ params: { path: { id: login.id } } });

const limits = ({ per_minute, per_day }: SubmissionLogin) =>
  [per_minute > 0 && t('logins_page.a_minute', { n: per_minute }), per_day > 0 && t('logins_page.a_day', { n: per_day })].filter(Boolean).join(', ') || t('logins_page.no_limit');

export function SmtpLoginsPage() {
  const queries = useQueryClient();
  const logins = useQuery({ queryKey: LOGINS, queryFn: async () => (await ok(api.GET('/api/v1/submission-logins'))).items });
  const [editing, setEditing] = useState<SubmissionLogin | 'new' | null>(null);
  const [renewing, setRenewing] = useState<SubmissionLogin | null>(null);
  const [deleting, setDeleting] = useState<SubmissionLogin | null>(null);
  const [made, setMade] = useState<{ username: string; password: string } | null>(null);
  const refresh = () => void queries.invalidateQueries({ queryKey: LOGINS });
  const enable = useMutation({
    mutationFn: ({ login, enabled }: { login: SubmissionLogin; enabled: boolean }) => ok(api.PATCH('/api/v1/submission-logins/{id}', { ...path(login), body: { enabled } })),
    onSuccess: refresh,
    onError: (error) => say(messageOf(error), 'bad'),
  });
  const columns: Column<SubmissionLogin>[] = [
    { id: 'username', title: t('logins_page.username'), width: 'minmax(150px, 1fr)', phone: 'title', render: (row) => <div className="cut strong" title={row.username}>{row.username}</div> },
    { id: 'senders', title: t('logins_page.senders'), width: 'minmax(180px, 2fr)', phone: 'detail', render: (row) => <div className="cut soft" title={row.senders.join(', ')}>{row.senders.join(', ') || t('logins_page.any_sender')}</div> },
    { id: 'lane', title: t('email.lane'), width: '130px', render: (row) => <span className="soft">{row.lane ?? t('logins_page.any_lane')}</span> },
    { id: 'limits', title: t('logins_page.limits'), width: 'minmax(150px, 1fr)', render: (row) => <div className="cut soft">{limits(row)}</div> },
    { id: 'last_used_at', title: t('keys_page.last_used'), width: '150px', render: (row) => <span className="soft"><Time at={row.last_used_at} /></span> },
    { id: 'enabled', title: t('logins_page.enabled'), width: '100px', phone: 'status', render: (row) => <Switch label={t('logins_page.enable_named', { name: row.username })} checked={row.enabled} onChange={(enabled) => enable.mutate({ login: row, enabled })} /> },
    {
      id: 'actions', title: '', width: '64px', fixed: true, pinned: true, phone: 'time', head: <span className="only-read">{t('act.more')}</span>,
      render: (row) => (
        <Menu label={t('logins_page.more_named', { name: row.username })} className="button plain square little" trigger="⋯" items={[
          { label: t('logins_page.edit'), icon: Pencil, onSelect: () => setEditing(row) },
          { label: t('logins_page.renew'), icon: KeyRound, onSelect: () => setRenewing(row) },
          { label: t('logins_page.delete'), icon: Trash2, danger: true, onSelect: () => setDeleting(row) },
        ]} />
      ),
    },
  ];
  const create = <button type="button" className="button first" onClick={() => setEditing('new')}><Plus aria-hidden />{t('logins_page.new')}</button>;
  return (
    <div className="page">
      <PageHead title={t('nav.smtp_logins')} help={t('logins_page.help')}>{create}</PageHead>
      <ShortList label={t('nav.smtp_logins')} columns={columns} rows={logins.data} error={logins.error} retry={() => void logins.refetch()} idOf={(row) => String(row.id)} counted="logins_page.found"
        empty={<Empty icon={Mailbox} title={t('logins_page.empty')} action={create}>{t('logins_page.empty_help')}</Empty>} />
      {editing && <LoginForm login={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onDone={refresh} onMade={setMade} />}
      {renewing && (
        <Confirm title={t('logins_page.renew_title')} action={t('logins_page.renew')} danger onClose={() => setRenewing(null)}
          run={async () => setMade(await ok(api.POST('/api/v1/submission-logins/{id}/password', path(renewing))))} onDone={refresh}>
          {t('logins_page.renew_help', { name: renewing.username })}
        </Confirm>
      )}
      {deleting && (
        <Confirm title={t('logins_page.delete_title')} action={t('logins_page.delete')} danger onClose={() => setDeleting(null)}
          run={() => ok(api.DELETE('/api/v1/submission-logins/{id}', path(deleting)))}
          onDone={() => { say(t('logins_page.deleted', { name: deleting.username })); refresh(); }}>
          {t('logins_page.delete_help', { name: deleting.username })}
        </Confirm>
      )}
      {made && (
        <Dialog open onClose={() => setMade(null)} title={t('logins_page.made', { name: made.username })} foot={<button type="button" className="button first" onClick={() => setMade(null)}>{t('action.done')}</button>}>
          <ShownOnce value={made.password} hint={t('keys_page.once')} />
        </Dialog>
      )}
    </div>
  );
}

const schema = z.object({
  username: z.string().trim().min(1, t('form.required')).max(128),
  senders: z.string(),
  lane: z.string(),
  per_minute: z.coerce.number().int().min(0),
  per_day: z.coerce.number().int().min(0),
});

function LoginForm({ login, onClose, onDone, onMade }: {
  login: SubmissionLogin | null; onClose: () => void; onDone: () => void; onMade: (made: { username: string; password: string }) => void;
}) {
  const lanes = useDelivery().data?.lanes ?? [];
  const [wrong, setWrong] = useState<string | null>(null);
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { username: login?.username ?? '', senders: login?.senders.join('\n') ?? '', lane: login?.lane ?? '', per_minute: login?.per_minute ?? 0, per_day: login?.per_day ?? 0 },
  });
  const save = useMutation({
    mutationFn: async ({ username, senders, lane, ...rest }: z.infer<typeof schema>) => {
      const body = { ...rest, senders: senders.split(/[\s,]+/).filter(Boolean), lane: lane || null };
      if (login) return void (await ok(api.PATCH('/api/v1/submission-logins/{id}', { ...path(login), body })));
      onMade(await ok(api.POST('/api/v1/submission-logins', { body: { username, ...body } })));
    },
    onSuccess: () => { onDone(); onClose(); },
    onError: (error) => setWrong(error instanceof ApiError ? spread(error, ['username', 'senders', 'lane', 'per_minute', 'per_day'], (field, complaint) => form.setError(field as 'username', complaint)) : messageOf(error)),
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit((values) => { setWrong(null); save.mutate(values); });
  return (
    <Dialog open onClose={onClose} title={login ? t('logins_page.edit_named', { name: login.username }) : t('logins_page.new')}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className="button first" disabled={save.isPending} onClick={() => void submit()}>{login ? t('logins_page.save') : t('logins_page.make')}</button>
      </>}>
      <form className="stack" noValidate onSubmit={submit}>
        {wrong && <Note tone="bad">{wrong}</Note>}
        {!login && <TextField label={t('logins_page.username')} hint={t('logins_page.username_hint')} maxLength={128} error={errors.username?.message} {...form.register('username')} />}
        <TextArea label={t('logins_page.senders')} hint={t('logins_page.senders_hint')} rows={3} error={errors.senders?.message} {...form.register('senders')} />
        <SelectField label={t('email.lane')} hint={t('logins_page.lane_hint')} error={errors.lane?.message}
          options={[{ value: '', label: t('logins_page.any_lane') }, ...lanes.map((lane) => ({ value: lane, label: lane }))]} {...form.register('lane')} />
        <TextField label={t('logins_page.per_minute')} hint={t('logins_page.limit_hint')} type="number" min={0} error={errors.per_minute?.message} {...form.register('per_minute')} />
        <TextField label={t('logins_page.per_day')} hint={t('logins_page.limit_hint')} type="number" min={0} error={errors.per_day?.message} {...form.register('per_day')} />
      </form>
    </Dialog>
  );
}
