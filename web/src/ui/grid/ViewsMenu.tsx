// Saved views: a list's filter, sort and columns under a name, kept with the person on the server.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bookmark, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { View, ViewPage } from '../../api/accounts';
import { api, ok } from '../../api/client';
import { complain } from '../../lib/errors';
import { t } from '../../lib/i18n';
import { setPreferences, usePreferences } from '../../lib/prefs';
import { say } from '../../lib/toasts';
import { Pop } from '../overlay';
import { TextField } from '../form';

const VIEWS = ['views'];

export function useViews() {
  return useQuery({ queryKey: VIEWS, queryFn: async () => (await ok(api.GET('/api/v1/profile/views'))).items, staleTime: 60_000 });
}

/** What of an address belongs to a view: not the row that is open. */
export function viewQuery(params: URLSearchParams): string {
  const query = new URLSearchParams(params);
  for (const passing of ['open', 'edit', 'new', 'test']) query.delete(passing);
  return query.toString();
}

export function ViewsMenu({ list, params, columns }: { list: ViewPage; params: URLSearchParams; columns: string[] }) {
  const queries = useQueryClient();
  const [path, navigate] = useLocation();
  const chosen = usePreferences().columns;
  const [name, setName] = useState('');
  const views = useViews();
  const mine = (views.data ?? []).filter((view) => view.page === list);
  const done = () => queries.invalidateQueries({ queryKey: VIEWS });
  const save = useMutation({
    mutationFn: (as: string) =>
      ok(api.PUT('/api/v1/profile/views/{page}/{name}', { params: { path: { page: list, name: as } }, body: { query: viewQuery(params), columns } })),
    onSuccess: (view) => { setName(''); say(t('views.saved', { name: view.name })); void done(); },
    onError: complain,
  });
  const remove = useMutation({
    mutationFn: (view: View) => ok(api.DELETE('/api/v1/profile/views/{page}/{name}', { params: { path: { page: view.page, name: view.name } } })),
    onSuccess: done,
    onError: complain,
  });
  const show = (view: View) => {
    setPreferences({ columns: { ...chosen, [list]: view.columns } });
    navigate(path + (view.query ? `?${view.query}` : ''));
  };
  return (
    <Pop label={t('views.title')} align="end" className="button" trigger={<><Bookmark aria-hidden /><span className="phone-hide">{t('views.title')}</span></>}>
      {mine.length === 0 && <p className="hint">{t('views.none')}</p>}
      {mine.length > 0 && (
        <ul className="stack tight">
          {mine.map((view) => (
            <li key={view.name} className="line">
              <button type="button" className="item grow" onClick={() => show(view)}><Bookmark aria-hidden /><span className="cut">{view.name}</span></button>
              <button type="button" className="button plain square little" aria-label={t('views.delete', { name: view.name })} onClick={() => remove.mutate(view)}><Trash2 aria-hidden /></button>
            </li>
          ))}
        </ul>
      )}
      <form className="stack tight" onSubmit={(event) => { event.preventDefault(); if (name.trim()) save.mutate(name.trim()); }}>
        <TextField label={t('views.name')} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="button little first start" disabled={!name.trim() || save.isPending}>{t('views.save')}</button>
      </form>
    </Pop>
  );
}
