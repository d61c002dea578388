// What a page was opened for comes first: what surrounds it waits until that is drawn and the browser has nothing to do.
import { Store, useStore } from './store';

/** Between the first script and the first calm moment behind the door. */
export const starting = new Store(false);

export const useStarted = () => !useStore(starting);

/** Waits no longer than this for a calm moment. */
const PATIENCE_MS = 1_500;

/** Calls `act` once what has been drawn is on the screen and the browser is idle; not after the returned function was called. */
export function whenCalm(act: () => void): () => void {
  let stopped = false;
  const go = () => { if (!stopped) act(); };
  // Safari knows no idle time.
  const idle = () => (typeof requestIdleCallback === 'function' ? requestIdleCallback(go, { timeout: PATIENCE_MS }) : setTimeout(go, 50));
  // A tab that nobody looks at draws no frame.
  if (document.hidden) idle();
  else requestAnimationFrame(() => setTimeout(idle));
  return () => { stopped = true; };
}
