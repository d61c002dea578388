import { Fragment, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { useStore } from './lib/store';
import { speech } from './lib/i18n';
import { later } from './lib/later';
import { useSessionKeeping } from './lib/session';
import { Bones } from './ui/kit';
import { Toasts } from './ui/Toasts';

const Waiting = () => <Bones page />;
const SignIn = later(async () => (await import('./pages/doors/SignInPage')).SignInPage, Waiting);
const Welcome = later(async () => (await import('./pages/doors/WelcomePage')).WelcomePage, Waiting);
const House = later(async () => (await import('./House')).House, Waiting);

export function App() {
  useSessionKeeping();
  useOidcAnswer();
  // Another language draws everything anew.
  const { language } = useStore(speech);
  return (
    <Fragment key={language}>
      <Switch>
        <Route path="/sign-in" component={SignIn} />
        <Route path="/welcome" component={Welcome} />
        <Route component={House} />
      </Switch>
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
