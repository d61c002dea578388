import { Fragment } from 'react';
import { Route, Router, Switch } from 'wouter';
import { useStore } from './lib/store';
import { speech } from './lib/i18n';
import { later } from './lib/later';
import { aroundNavigation } from './lib/leaving';
import { useSessionKeeping } from './lib/session';
import { Bones } from './ui/kit';
import { Toasts } from './ui/Toasts';

const Waiting = () => <Bones page />;
const SignIn = later(async () => (await import('./pages/doors/SignInPage')).SignInPage, Waiting);
const Welcome = later(async () => (await import('./pages/doors/WelcomePage')).WelcomePage, Waiting);
const House = later(async () => (await import('./House')).House, Waiting);

/** Begins to fetch what the address shows. */
export const fetchPart = (path: string): Promise<void> => (path === '/sign-in' ? SignIn : path === '/welcome' ? Welcome : House).fetch();

export function App() {
  useSessionKeeping();
  // Another language draws everything anew.
  const { language } = useStore(speech);
  return (
    <Fragment key={language}>
      <Router aroundNav={aroundNavigation}>
        <Switch>
          <Route path="/sign-in" component={SignIn} />
          <Route path="/welcome" component={Welcome} />
          <Route component={House} />
        </Switch>
      </Router>
      <Toasts />
    </Fragment>
  );
}
