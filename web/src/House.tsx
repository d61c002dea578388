import { FileQuestion, Lock } from 'lucide-react';
import type { ComponentType } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { t } from './lib/i18n';
import { rightsOf, useSession } from './lib/session';
import { EnrollTotp, pages } from './pages/pages';
import { Fault } from './shell/Fault';
import { Shell } from './shell/Shell';
import { Bones, Empty, Failure } from './ui/kit';

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
        <Switch>
          <Route path="/"><Redirect to="/dashboard" replace /></Route>
          <Route path="/dashboard" component={pages['/dashboard']} />
          <Route path="/queue" component={pages['/queue']} />
          <Route path="/log" component={pages['/log']} />
          <Route path="/connections" component={pages['/connections']} />
          <Route path="/api-keys" component={forAdmins(pages['/api-keys'])} />
          <Route path="/smtp-logins" component={forAdmins(pages['/smtp-logins'])} />
          <Route path="/users" component={forAdmins(pages['/users'])} />
          <Route path="/audit" component={forAdmins(pages['/audit'])} />
          <Route path="/settings" component={forAdmins(pages['/settings'])} />
          <Route path="/profile" component={pages['/profile']} />
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
