import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { EllipsisVertical, KeyRound, Mailbox, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../api/client';
import type { SubmissionLogin } from '../api/types';
import { complain } from '../lib/errors';
import { t } from '../lib/i18n';
import { later } from '../lib/later';
import { say } from '../lib/toasts';
import type { Column } from '../ui/grid/columns';
import { ShortList } from '../ui/grid/ShortList';
import { Confirm } from '../ui/Confirm';
import { Empty, PageHead, Switch, Time } from '../ui/kit';
import { Menu } from '../ui/overlay';
import { ShownOnce } from '../ui/ShownOnce';

const LoginForm = later(async () => (await import('./LoginForm')).LoginForm);
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
    onError: complain,
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
        <Menu label={t('logins_page.more_named', { name: row.username })} className="button plain square little" trigger={<EllipsisVertical aria-hidden />} items={[
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
      {made && <ShownOnce title={t('logins_page.made', { name: made.username })} value={made.password} hint={t('keys_page.once')} onDone={() => setMade(null)} />}
    </div>
  );
}
