import { Ellipsis } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { t } from '../lib/i18n';
import { useRights } from '../lib/session';
import { Menu } from '../ui/overlay';
import { placesFor } from './places';

/** The phone's navigation: the four pages of every day, the rest behind More. */
export function TabBar({ path }: { path: string }) {
  const [, navigate] = useLocation();
  const places = placesFor(useRights());
  const daily = places.slice(0, 4);
  return (
    <nav className="tabbar" aria-label={t('ui.main_nav')}>
      {daily.map(({ path: to, title, short, icon: Icon }) => (
        <Link key={to} href={to} aria-current={path === to ? 'page' : undefined}><Icon aria-hidden />{t(short ?? title)}</Link>
      ))}
      <Menu label={t('ui.more')} className="" trigger={<><Ellipsis aria-hidden />{t('ui.more')}</>}
        items={places.slice(4).map(({ path: to, title, icon }) => ({ label: t(title), icon, onSelect: () => navigate(to) }))} />
    </nav>
  );
}
