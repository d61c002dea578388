import { FileQuestion, Lock } from 'lucide-react';
import type { ComponentType } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { t } from './lib/i18n';
import { later } from './lib/later';
import { rightsOf, useSession } from './lib/session';
import { ApiKeysPage } from './pages/ApiKeysPage';
import { AuditPage } from './pages/AuditPage';
import { ConnectionsPage } from './pages/connections/ConnectionsPage';
import { DashboardPage } from './pages/dashboard/DashboardPage';
import { LogPage } from './pages/log/LogPage';
import { ProfilePage } from './pages/profile/ProfilePage';
import { QueuePage } from './pages/queue/QueuePage';
import { SettingsPage } from './pages/SettingsPage';
import { SmtpLoginsPage } from './pages/SmtpLoginsPage';
import { UsersPage } from './pages/UsersPage';
import { Fault } from './shell/Fault';
import { Shell } from './shell/Shell';
import { Bones, Empty, Failure } from './ui/kit';

const EnrollTotp = later(async () => (await import('./pages/doors/EnrollTotpPage')).EnrollTotpPage, () => <Bones page />);

/** Everything behind the door. Its pages are small and come together; forms, charts and what lies over a page come when they are used. */
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
        <Switch>
          <Route path="/"><Redirect to="/dashboard" replace /></Route>
          <Route path="/dashboard" component={DashboardPage} />
          <Route path="/queue" component={QueuePage} />
          <Route path="/log" component={LogPage} />
          <Route path="/connections" component={ConnectionsPage} />
          <Route path="/api-keys" component={forAdmins(ApiKeysPage)} />
          <Route path="/smtp-logins" component={forAdmins(SmtpLoginsPage)} />
          <Route path="/users" component={forAdmins(UsersPage)} />
          <Route path="/audit" component={forAdmins(AuditPage)} />
          <Route path="/settings" component={forAdmins(SettingsPage)} />
          <Route path="/profile" component={ProfilePage} />
          <Route component={NotFound} />
        </Switch>
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
