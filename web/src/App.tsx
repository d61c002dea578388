import { FileQuestion, Lock } from 'lucide-react';
import { Fragment, lazy, Suspense, useEffect, type ComponentType } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { useStore } from './lib/store';
import { speech, t } from './lib/i18n';
import { rightsOf, useSession, useSessionKeeping } from './lib/session';
import { Fault } from './shell/Fault';
import { Shell } from './shell/Shell';
import { Bones, Empty, Failure } from './ui/kit';
import { Toasts } from './ui/Toasts';
import { LogPage } from './pages/log/LogPage';
import { QueuePage } from './pages/queue/QueuePage';

// The two lists are what people come for; everything else is fetched when it is opened.
const page = (load: () => Promise<ComponentType>) => lazy(async () => ({ default: await load() }));
const Dashboard = page(async () => (await import('./pages/dashboard/DashboardPage')).DashboardPage);
const Connections = page(async () => (await import('./pages/connections/ConnectionsPage')).ConnectionsPage);
const ApiKeys = page(async () => (await import('./pages/ApiKeysPage')).ApiKeysPage);
const Users = page(async () => (await import('./pages/UsersPage')).UsersPage);
const Audit = page(async () => (await import('./pages/AuditPage')).AuditPage);
const Settings = page(async () => (await import('./pages/SettingsPage')).SettingsPage);
const Profile = page(async () => (await import('./pages/profile/ProfilePage')).ProfilePage);
const SignIn = page(async () => (await import('./pages/doors/SignInPage')).SignInPage);
const Welcome = page(async () => (await import('./pages/doors/WelcomePage')).WelcomePage);
const EnrollTotp = page(async () => (await import('./pages/doors/EnrollTotpPage')).EnrollTotpPage);

export function App() {
  useSessionKeeping();
  useOidcAnswer();
  // Another language draws everything anew.
  const { language } = useStore(speech);
  return (
    <Fragment key={language}>
      <Suspense fallback={<Bones page />}>
        <Switch>
          <Route path="/sign-in" component={SignIn} />
          <Route path="/welcome" component={Welcome} />
          <Route component={House} />
        </Switch>
      </Suspense>
      <Toasts />
    </Fragment>
  );
}

/** The identity provider's way back ends at /#/sign-in?error=CODE when it did not work out. */
function useOidcAnswer() {
  const [, navigate] = useLocation();
  useEffect(() => {
    if (location.hash.startsWith('#/sign-in')) navigate(location.hash.slice(1), { replace: true });
  }, [navigate]);
}

/** Everything behind the door. */
function House() {
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
            <Route path="/queue" component={QueuePage} />
            <Route path="/log" component={LogPage} />
            <Route path="/connections" component={Connections} />
            <Route path="/api-keys" component={forAdmins(ApiKeys)} />
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
  return <div className="page"><Empty icon={FileQuestion} title={t('ui.not_found')} action={<Link className="button" href="/dashboard">{t('ui.to_start')}</Link>}>{t('ui.not_found_help')}</Empty></div>;
}

function NoRight() {
  return <div className="page"><Empty icon={Lock} title={t('ui.no_right')}>{t('ui.no_right_help')}</Empty></div>;
}
