import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../api/client';
import type { ApiKey } from '../api/types';
import { t } from '../lib/i18n';
import { later } from '../lib/later';
import { say } from '../lib/toasts';
import type { Column } from '../ui/grid/columns';
import { ShortList } from '../ui/grid/ShortList';
import { Confirm } from '../ui/Confirm';
import { Empty, PageHead, Tag, Time } from '../ui/kit';
import { SCOPES } from './scopes';

const NewKey = later(async () => (await import('./NewKey')).NewKey);
const KEYS = ['api-keys'];

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
