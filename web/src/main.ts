// The first script is small: what the address needs beside React is fetched while React still is.
import './styles/index.css';
import { isDoor } from './doors';
import { askEarly, askSessionEarly } from './lib/early';
import { browserLanguage } from './lib/languages';
import { remembered } from './lib/remembered';

if (!isDoor(location.pathname)) {
  askEarly(location.pathname, location.search);
  askSessionEarly();
}
// A failure is heard where the part is drawn (lib/later), or the words are asked for (lib/i18n).
void (isDoor(location.pathname) ? import('./pages/doors/SignInPage') : import('./House')).catch(() => {});
if ((remembered('language') ?? browserLanguage()) === 'de') void import('./messages/de').catch(() => {});
void import('./start');
