import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { messageOf } from '../../lib/errors';
import * as format from '../../lib/format';
import { LANGUAGES, t, word, type Language } from '../../lib/i18n';
import { later } from '../../lib/later';
import { setPreferences, usePreferences, type Theme } from '../../lib/prefs';
import { useEnter, useSession } from '../../lib/session';
import { say } from '../../lib/toasts';
import { useDiscard } from '../../ui/Discard';
import { SelectField, TextField } from '../../ui/form';
import { Bones, Choice, PageHead, Segments, Time } from '../../ui/kit';
import { TotpCard } from './TotpCard';

const PasswordForm = later(async () => (await import('./PasswordForm')).PasswordForm, Bones);

export function ProfilePage() {
  const { user } = useSession().data!;
  return (
    <div className="page">
      <PageHead title={t('nav.profile')} help={t('profile.help')} />
      <div className="stack wide narrow">
        <Person />
        <Looks />
        <PasswordForm />
        <TotpCard enabled={user.totp} />
      </div>
    </div>
  );
}

function Person() {
  const { user } = useSession().data!;
  const enter = useEnter();
  const [name, setName] = useState(user.name);
  const save = useMutation({
    mutationFn: () => ok(api.PATCH('/api/v1/profile', { body: { name: name.trim() } })),
    onSuccess: (session) => { enter(session); say(t('action.saved')); },
  });
  const changed = name.trim() !== user.name;
  const { question } = useDiscard(changed);
  return (
    <form className="card padded" onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <h2>{t('profile.person')}</h2>
      <dl className="facts">
        <dt>{t('sign_in.email')}</dt><dd>{user.email}</dd>
        <dt>{t('users.role')}</dt><dd>{word('role', user.role)}{user.content && user.role !== 'admin' ? `, ${t('users.sees_content')}` : ''}</dd>
        <dt>{t('users.last_sign_in')}</dt><dd><Time at={user.last_sign_in_at} long /></dd>
      </dl>
      <TextField label={t('users.name')} value={name} maxLength={200} autoComplete="name" onChange={(event) => setName(event.target.value)} error={save.error ? messageOf(save.error) : undefined} />
      <button type="submit" className="button start" disabled={!changed || save.isPending}>{t('action.save')}</button>
      {question}
    </form>
  );
}

function Looks() {
  const { theme, language, time_zone: zone, shortcuts } = usePreferences();
  return (
    <section className="card padded">
      <h2>{t('profile.looks')}</h2>
      <div className="field">
        <span className="label">{t('profile.theme')}</span>
        <Segments<Theme> label={t('profile.theme')} value={theme} onChange={(value) => setPreferences({ theme: value })}
          options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`profile.theme_${value}`) }))} />
      </div>
      <div className="field">
        <span className="label">{t('profile.zone')}</span>
        <Segments<'local' | 'UTC'> label={t('profile.zone')} value={zone} onChange={(value) => setPreferences({ time_zone: value })}
          options={[{ value: 'local', label: t('profile.zone_local', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone }) }, { value: 'UTC', label: 'UTC' }]} />
        <span className="hint">{t('profile.zone_hint', { now: format.dateTimeLong(new Date().toISOString()) })}</span>
      </div>
      <SelectField label={t('profile.language')} value={language} onChange={(event) => setPreferences({ language: event.target.value as Language })}
        options={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))} />
      <Choice label={t('profile.shortcuts')} checked={shortcuts} onChange={(on) => setPreferences({ shortcuts: on })} />
    </section>
  );
}
