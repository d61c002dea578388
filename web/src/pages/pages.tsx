// Every page is a chunk of its own, by the path that opens it. They are named here, apart from the frame, so that a page
// can be fetched while the frame still is.
import { later, type Later } from '../lib/later';
import { Bones } from '../ui/kit';

const Waiting = () => <Bones page />;
const page = (load: Parameters<typeof later<object>>[0]) => later<object>(load, Waiting);

export const pages = {
  '/dashboard': page(async () => (await import('./dashboard/DashboardPage')).DashboardPage),
  '/queue': page(async () => (await import('./queue/QueuePage')).QueuePage),
  '/log': page(async () => (await import('./log/LogPage')).LogPage),
  '/connections': page(async () => (await import('./connections/ConnectionsPage')).ConnectionsPage),
  '/api-keys': page(async () => (await import('./ApiKeysPage')).ApiKeysPage),
  '/smtp-logins': page(async () => (await import('./SmtpLoginsPage')).SmtpLoginsPage),
  '/users': page(async () => (await import('./UsersPage')).UsersPage),
  '/audit': page(async () => (await import('./AuditPage')).AuditPage),
  '/settings': page(async () => (await import('./SettingsPage')).SettingsPage),
  '/profile': page(async () => (await import('./profile/ProfilePage')).ProfilePage),
};

export const EnrollTotp = page(async () => (await import('./doors/EnrollTotpPage')).EnrollTotpPage);
// Who stands before the door loads the door, not the house.
export const SignIn = page(async () => (await import('./doors/SignInPage')).SignInPage);
export const Welcome = page(async () => (await import('./doors/WelcomePage')).WelcomePage);
export const House = page(async () => (await import('../House')).House);

/** Whether a path leads to a page behind the door. */
export const isInHouse = (path: string) => path !== '/sign-in' && path !== '/welcome';

/** The page that a path opens, with the frame around it. */
export function pagesOf(path: string): Later<object>[] {
  if (path === '/sign-in') return [SignIn];
  if (path === '/welcome') return [Welcome];
  const inside = pages[(path === '/' ? '/dashboard' : path) as keyof typeof pages];
  return inside ? [House, inside] : [House];
}
