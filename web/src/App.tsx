import { Fragment, Suspense, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { useStore } from './lib/store';
import { speech } from './lib/i18n';
import { page } from './lib/page';
import { useSessionKeeping } from './lib/session';
import { Bones } from './ui/kit';
import { Toasts } from './ui/Toasts';

// Who stands before the door loads the door, not the house.
const SignIn = page(async () => (await import('./pages/doors/SignInPage')).SignInPage);
const House = page(async () => (await import('./House')).House);
const Welcome = page(async () => (await import('./pages/doors/WelcomePage')).WelcomePage);

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
