import { Cable, History, KeyRound, LayoutDashboard, ListOrdered, Mailbox, ScrollText, Settings, UserRound, Users, type LucideIcon } from 'lucide-react';
import type { Rights } from '../lib/session';
import type { MessageKey } from '../messages/en';

export interface Place {
  path: string;
  title: MessageKey;
  short?: MessageKey;
  icon: LucideIcon;
  group: MessageKey | null;
  admin?: boolean;
}

export const PLACES: Place[] = [
  { path: '/dashboard', title: 'nav.dashboard', icon: LayoutDashboard, group: 'nav.mailing' },
  { path: '/queue', title: 'nav.queue', icon: ListOrdered, group: 'nav.mailing' },
  { path: '/log', title: 'nav.log', icon: ScrollText, group: 'nav.mailing' },
  { path: '/connections', title: 'nav.connections', short: 'nav.connections_short', icon: Cable, group: 'nav.mailing' },
  { path: '/api-keys', title: 'nav.api_keys', icon: KeyRound, group: 'nav.developers', admin: true },
  { path: '/smtp-logins', title: 'nav.smtp_logins', icon: Mailbox, group: 'nav.developers', admin: true },
  { path: '/users', title: 'nav.users', icon: Users, group: 'nav.administration', admin: true },
  { path: '/audit', title: 'nav.audit', icon: History, group: 'nav.administration', admin: true },
  { path: '/settings', title: 'nav.settings', icon: Settings, group: 'nav.administration', admin: true },
  { path: '/profile', title: 'nav.profile', icon: UserRound, group: null },
];

export const placesFor = (rights: Rights) => PLACES.filter((place) => !place.admin || rights.admin);
export const placeOf = (path: string) => PLACES.find((place) => path === place.path || path.startsWith(`${place.path}/`));
