// The first script is small: what the address needs beside React is fetched while React still is.
import './styles/index.css';
import { isDoor } from './doors';

// A failure is heard where the part is drawn (lib/later).
void (isDoor(location.pathname) ? import('./pages/doors/SignInPage') : import('./House')).catch(() => {});
void import('./start');
