import { FileQuestion, Lock } from 'lucide-react';
import { Suspense, type ComponentType } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { page } from './lib/page';
import { t } from './lib/i18n';
import { rightsOf, useSession } from './lib/session';
import { Fault } from './shell/Fault';
import { Shell } from './shell/Shell';
import { Bones, Empty, Failure } from './ui/kit';

// Each page is fetched when it is opened; the frame comes first.
const Dashboard = page(async () => (await import('./pages/dashboard/DashboardPage')).DashboardPage);
const Queue = page(async () => (await import('./pages/queue/QueuePage')).QueuePage);
const Log = page(async () => (await import('./pages/log/LogPage')).LogPage);
const Connections = page(async () => (await import('./pages/connections/ConnectionsPage')).ConnectionsPage);
const SmtpLogins = page(async () => (await import('./pages/SmtpLoginsPage')).SmtpLoginsPage);
const ApiKeys = page(async () => (await import('./pages/ApiKeysPage')).ApiKeysPage);
const Users = page(async () => (await import('./pages/UsersPage')).UsersPage);
const Audit = page(async () => (await import('./pages/AuditPage')).AuditPage);
const Settings = page(async () => (await import('./pages/SettingsPage')).SettingsPage);
const Profile = page(async () => (await import('./pages/profile/ProfilePage')).ProfilePage);
const EnrollTotp = page(async () => (await import('./pages/doors/EnrollTotpPage')).EnrollTotpPage);

/** Everything behind the door. */
export function House() {
  const session = useSession();
  const [path] = useLocation();
  const search = useSearch();
  if (session.isPending) return <Bones page />;
  if (session.error && !session.data) return <div className="page"><Failure error={session.error} retry={() => void session.refetch()} /></div>;
  if (!session.data) {
    const target = path + (search ? `?${search}` : '');
    return <Redirect to={target === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(target)}`} replace />;
  }
  if (session.data.must_enroll_totp) return <EnrollTotp />;
  const { admin } = rightsOf(session.data);
  const forAdmins = (Page: ComponentType) => (admin ? Page : NoRight);
  return (
    <Shell>
      <Fault at={path}>
        <Suspense fallback={<Bones page />}>
          <Switch>
            <Route path="/"><Redirect to="/dashboard" replace /></Route>
            <Route path="/dashboard" component={Dashboard} />
            <Route path="/queue" component={Queue} />
            <Route path="/log" component={Log} />
            <Route path="/connections" component={Connections} />
            <Route path="/api-keys" component={forAdmins(ApiKeys)} />
            <Route path="/smtp-logins" component={forAdmins(SmtpLogins)} />
            <Route path="/users" component={forAdmins(Users)} />
            <Route path="/audit" component={forAdmins(Audit)} />
            <Route path="/settings" component={forAdmins(Settings)} />
            <Route path="/profile" component={Profile} />
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </Fault>
    </Shell>
  );
}

function NotFound() {
  return <div className="page"><Empty whole icon={FileQuestion} title={t('ui.not_found')} action={<Link className="button" href="/dashboard">{t('ui.to_start')}</Link>}>{t('ui.not_found_help')}</Empty></div>;
}

function NoRight() {
  return <div className="page"><Empty whole icon={Lock} title={t('ui.no_right')}>{t('ui.no_right_help')}</Empty></div>;
}
