import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { EllipsisVertical, Link2, Pencil, Plus, ShieldCheck, Trash2, Users } from 'lucide-react';
import { useState } from 'react';
import type { User } from '../api/accounts';
import { api, ok } from '../api/client';
import { complain } from '../lib/errors';
import { t, word } from '../lib/i18n';
import { later } from '../lib/later';
import { useSession } from '../lib/session';
import type { Column } from '../ui/grid/columns';
import { ShortList } from '../ui/grid/ShortList';
import { Confirm } from '../ui/Confirm';
import { Empty, PageHead, Switch, Tag, Time } from '../ui/kit';
import { Menu } from '../ui/overlay';
import { ShownOnce } from '../ui/ShownOnce';
import { ROLES } from './roles';

const UserForm = later(async () => (await import('./UserForm')).UserForm);
const USERS = ['users'];

type Open = { what: 'new' } | { what: 'edit' | 'delete' | 'link' | 'leave'; user: User } | null;

/** What a one-time link opens: the page /welcome, with the token where no log sees it. */
const linkOf = (token: string) => `${location.origin}/welcome#token=${token}`;

export function UsersPage() {
  const queries = useQueryClient();
  const me = useSession().data?.user.id;
  const users = useQuery({ queryKey: USERS, queryFn: async () => (await ok(api.GET('/api/v1/users'))).items });
  const [open, setOpen] = useState<Open>(null);
  const [link, setLink] = useState<{ email: string; token: string } | null>(null);
  const refresh = () => void queries.invalidateQueries({ queryKey: USERS });
  const close = () => setOpen(null);
  const setEnabled = ({ id }: User, enabled: boolean) => ok(api.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body: { enabled } }));
  const enable = useMutation({
    mutationFn: ({ user, enabled }: { user: User; enabled: boolean }) => setEnabled(user, enabled),
    onSettled: refresh,
    onError: complain,
  });
  // Whoever switches himself off is out, and can't take it back.
  const toggle = (user: User, enabled: boolean) => (user.id === me && !enabled ? setOpen({ what: 'leave', user }) : enable.mutate({ user, enabled }));
  const rows = users.data;
  const admins = rows?.filter((user) => user.role === 'admin' && user.enabled) ?? [];
  const lastAdmin = (user: User) => (admins.length === 1 && admins[0]!.id === user.id ? t('users.last_admin') : undefined);

  const columns: Column<User>[] = [
    { id: 'id', title: t('email.id'), width: '60px', render: (row) => <span className="mono faint">{row.id}</span> },
    { id: 'email', title: t('sign_in.email'), width: 'minmax(200px, 1.2fr)', phone: 'title', filter: { kind: 'text', name: 'email', hint: t('filter.contains') }, value: (row) => row.email, render: (row) => <div className="cut strong" title={row.email}>{row.email}{row.id === me && <span className="faint"> ({t('users.you')})</span>}</div> },
    { id: 'name', title: t('users.name'), width: 'minmax(140px, 1fr)', filter: { kind: 'text', name: 'name', hint: t('filter.contains') }, value: (row) => row.name, render: (row) => <div className="cut soft">{row.name || '—'}</div> },
    { id: 'role', title: t('users.role'), width: '124px', phone: 'detail', filter: { kind: 'choice', name: 'role', many: true, options: ROLES.map((value) => ({ value, label: word('role', value) })) }, value: (row) => row.role, render: (row) => word('role', row.role) },
    { id: 'content', title: t('users.content'), width: '104px', render: (row) => <span className="soft">{row.content || row.role === 'admin' ? t('users.yes') : t('users.no')}</span> },
    { id: 'totp', title: 'TOTP', width: '92px', render: (row) => (row.totp ? <Tag tone="ok" icon={ShieldCheck}>{t('totp.on')}</Tag> : <span className="faint">—</span>) },
    { id: 'last', title: t('users.last_sign_in'), width: '150px', render: (row) => (row.invited ? <Tag tone="info">{t('users.invited')}</Tag> : <span className="soft"><Time at={row.last_sign_in_at} /></span>) },
    { id: 'enabled', title: t('users.enabled'), width: '112px', phone: 'status', filter: { kind: 'choice', name: 'enabled', options: [{ value: 'yes', label: t('users.yes') }, { value: 'no', label: t('users.no') }] }, value: (row) => (row.enabled ? 'yes' : 'no'), render: (row) => <Switch label={t('users.enabled_named', { email: row.email })} checked={row.enabled} inert={lastAdmin(row)} onChange={(enabled) => toggle(row, enabled)} /> },
    {
      id: 'actions', title: '', width: '54px', fixed: true, pinned: true, phone: 'time', head: <span className="only-read">{t('act.more')}</span>,
      render: (row) => (
        <Menu label={t('users.actions', { email: row.email })} className="button plain square little" trigger={<EllipsisVertical aria-hidden />}
          items={[
            { label: t('action.edit'), icon: Pencil, onSelect: () => setOpen({ what: 'edit', user: row }) },
            { label: t('users.new_link'), icon: Link2, onSelect: () => setOpen({ what: 'link', user: row }) },
            { label: `${t('action.delete')}…`, icon: Trash2, danger: true, rule: true, disabled: !!lastAdmin(row), onSelect: () => setOpen({ what: 'delete', user: row }) },
          ]} />
      ),
    },
  ];
  return (
    <div className="page">
      <PageHead title={t('nav.users')} help={t('users.help')}>
        <button type="button" className="button first" onClick={() => setOpen({ what: 'new' })}><Plus aria-hidden />{t('users.invite')}</button>
      </PageHead>
      <ShortList label={t('nav.users')} columns={columns} rows={rows} error={users.error} retry={() => void users.refetch()} idOf={(row) => String(row.id)} counted="users.found"
        onOpen={(row) => setOpen({ what: 'edit', user: row })} empty={<Empty icon={Users} title={t('users.empty')} />} />
      {open?.what === 'new' && <UserForm onClose={close} onDone={(made) => { refresh(); if (made?.invitation) setLink({ email: made.email, token: made.invitation }); }} />}
      {open?.what === 'edit' && <UserForm user={open.user} lastAdmin={!!lastAdmin(open.user)} onClose={close} onDone={refresh} />}
      {open?.what === 'delete' && (
        <Confirm title={t('users.delete_title')} action={t('action.delete')} danger onClose={close} onDone={refresh} run={() => ok(api.DELETE('/api/v1/users/{id}', { params: { path: { id: open.user.id } } }))}>
          {t('users.delete_help', { email: open.user.email })}
        </Confirm>
      )}
      {open?.what === 'leave' && (
        <Confirm title={t('users.leave_title')} action={t('users.leave')} danger onClose={close} onDone={refresh} run={() => setEnabled(open.user, false)}>
          {t('users.leave_help')}
        </Confirm>
      )}
      {open?.what === 'link' && (
        <Confirm title={t('users.new_link')} action={t('users.make_link')} onClose={close} onDone={refresh}
          run={async () => setLink({ email: open.user.email, token: (await ok(api.POST('/api/v1/users/{id}/invitation', { params: { path: { id: open.user.id } } }))).invitation })}>
          {t('users.new_link_help', { email: open.user.email })}
        </Confirm>
      )}
      {link && <ShownOnce title={t('users.link_title', { email: link.email })} value={linkOf(link.token)} hint={t('users.link_once')} onDone={() => setLink(null)} />}
    </div>
  );
}
