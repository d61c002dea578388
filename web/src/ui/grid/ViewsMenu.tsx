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
import { Failure } from '../kit';

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

interface Props {
  list: ViewPage;
  params: URLSearchParams;
  columns: string[];
}

export function ViewsMenu(props: Props) {
  return (
    <Pop label={t('views.title')} align="end" className="button" trigger={<><Bookmark aria-hidden /><span className="phone-hide">{t('views.title')}</span></>}>
      <Views {...props} />
    </Pop>
  );
}

/** Exists only while it is open: what it asks is not asked the next time. */
function Views({ list, params, columns }: Props) {
  const queries = useQueryClient();
  const [path, navigate] = useLocation();
  const chosen = usePreferences().columns;
  const [name, setName] = useState('');
  const [asking, ask] = useState<{ what: 'delete' | 'replace'; name: string } | null>(null);
  const views = useViews();
  const mine = views.data?.filter((view) => view.page === list);
  const done = () => queries.invalidateQueries({ queryKey: VIEWS });
  const pathOf = (view: string) => ({ path: { page: list, name: view } });
  const save = useMutation({
    mutationFn: (as: string) => ok(api.PUT('/api/v1/profile/views/{page}/{name}', { params: pathOf(as), body: { query: viewQuery(params), columns } })),
    onSuccess: (view) => { setName(''); say(t('views.saved', { name: view.name })); void done(); },
    onError: complain,
  });
  const remove = useMutation({
    mutationFn: (view: string) => ok(api.DELETE('/api/v1/profile/views/{page}/{name}', { params: pathOf(view) })),
    onSuccess: done,
    onError: complain,
  });
  const typed = name.trim();
  const submit = () => (mine?.some((view) => view.name === typed) ? ask({ what: 'replace', name: typed }) : save.mutate(typed));
  const answer = ({ what, name: view }: NonNullable<typeof asking>) => {
    ask(null);
    (what === 'delete' ? remove : save).mutate(view);
  };
  const show = (view: View) => {
    setPreferences({ columns: { ...chosen, [list]: view.columns } });
    navigate(path + (view.query ? `?${view.query}` : ''));
  };
  if (asking)
    return (
      <div className="stack tight" role="group" aria-label={t(`views.${asking.what}_title`, { name: asking.name })}>
        <p className="strong">{t(`views.${asking.what}_title`, { name: asking.name })}</p>
        <div className="line">
          <button type="button" className={`button little first ${asking.what === 'delete' ? 'danger' : ''}`} onClick={() => answer(asking)}>{t(`views.${asking.what}_yes`)}</button>
          <button type="button" className="button little plain" autoFocus onClick={() => ask(null)}>{t('action.cancel')}</button>
        </div>
      </div>
    );
  return (
    <>
      {views.error && !mine && <Failure error={views.error} retry={() => void views.refetch()} />}
      {views.isPending && <div className="bone" role="status" aria-label={t('status.loading')} />}
      {mine?.length === 0 && <p className="hint">{t('views.none')}</p>}
      {mine && mine.length > 0 && (
        <ul className="stack tight">
          {mine.map((view) => (
            <li key={view.name} className="line">
              <button type="button" className="item grow" onClick={() => show(view)}><Bookmark aria-hidden /><span className="cut">{view.name}</span></button>
              <button type="button" className="button plain square little" aria-label={t('views.delete', { name: view.name })} onClick={() => ask({ what: 'delete', name: view.name })}><Trash2 aria-hidden /></button>
            </li>
          ))}
        </ul>
      )}
      <form className="stack tight" onSubmit={(event) => { event.preventDefault(); if (typed) submit(); }}>
        <TextField label={t('views.name')} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        {/* Without knowing the others it might replace one of them. */}
        <button type="submit" className="button little first start" disabled={!typed || !mine || save.isPending}>{t('views.save')}</button>
      </form>
    </>
  );
}
