import { Fragment, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { useStore } from './lib/store';
import { speech } from './lib/i18n';
import { useSessionKeeping } from './lib/session';
import { House, SignIn, Welcome } from './pages/pages';
import { Toasts } from './ui/Toasts';

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
