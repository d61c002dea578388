import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Clock, Globe, LogOut, Moon, Search, Sun, UserRound } from 'lucide-react';
import { useLocation } from 'wouter';
import { api, ok } from '../api/client';
import { complain } from '../lib/errors';
import { t, word } from '../lib/i18n';
import { leaving } from '../lib/leaving';
import { setPreferences, usePreferences } from '../lib/prefs';
import { leave, useSession } from '../lib/session';
import { Menu } from '../ui/overlay';
import { Bell } from './Bell';

export function isDark(theme: string) {
  return theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

export const initials = (name: string) =>
  name.replace(/@.*/, '').split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((part) => part[0]!.toUpperCase()).join('') || '?';

export function TopBar({ openPalette }: { openPalette: () => void }) {
  const session = useSession().data!;
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const { theme, time_zone: zone } = usePreferences();
  const dark = isDark(theme);
  const signOut = useMutation({
    mutationFn: () => ok(api.DELETE('/api/v1/session')),
    onSuccess: () => { leave(queries); navigate('/sign-in'); },
    onError: complain,
  });
  const { user } = session;
  return (
    <header className="topbar">
      <button type="button" className="jump" onClick={openPalette}><Search aria-hidden /><span className="grow">{t('ui.jump')}</span><kbd>Ctrl K</kbd></button>
      <span className="grow phone-hide" />
      <Bell />
      <button type="button" className="button plain square" aria-label={dark ? t('ui.theme_light') : t('ui.theme_dark')} onClick={() => setPreferences({ theme: dark ? 'light' : 'dark' })}>
        {dark ? <Sun aria-hidden /> : <Moon aria-hidden />}
      </button>
      <Menu label={`${initials(user.name || user.email)}, ${t('ui.account', { email: user.email })}`} className="button plain square" trigger={<span className="avatar" aria-hidden>{initials(user.name || user.email)}</span>}
        head={<div className="item-head small"><div className="strong cut">{user.name || user.email}</div><div className="faint tiny cut">{user.email} · {word('role', user.role)}</div></div>}
        items={[
          { label: t('nav.profile'), icon: UserRound, onSelect: () => navigate('/profile') },
          zone === 'UTC'
            ? { label: t('ui.utc_off'), icon: Clock, onSelect: () => setPreferences({ time_zone: 'local' }) }
            : { label: t('ui.utc_on'), icon: Globe, onSelect: () => setPreferences({ time_zone: 'UTC' }) },
          { label: t('ui.sign_out'), icon: LogOut, rule: true, onSelect: () => leaving(() => signOut.mutate()) },
        ]} />
    </header>
  );
}
