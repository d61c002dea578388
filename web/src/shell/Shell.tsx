import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { t } from '../lib/i18n';
import { listen } from '../lib/live';
import { useKeptFresh, useSecondTry } from '../lib/lookups';
import { checkSession } from '../lib/session';
import { useShortcuts } from '../lib/shortcuts';
import { starting, useStarted, whenCalm } from '../lib/starting';
import { fetchOverlays } from '../ui/overlay';
import { Banners } from './Banners';
import { Palette } from './Palette';
import { placeOf } from './places';
import { ShortcutHelp } from './ShortcutHelp';
import { Side } from './Side';
import { TabBar } from './TabBar';
import { TopBar } from './TopBar';

export function Shell({ children }: { children: ReactNode }) {
  const [path, navigate] = useLocation();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const keys = useMemo(() => ({ openPalette: () => setPalette(true), openHelp: () => setHelp(true), go: (to: string) => navigate(to) }), [navigate]);
  useShortcuts(keys);
  // Its rows first, then the news and what stands around them.
  useEffect(() => whenCalm(() => starting.set(false)), []);
  const started = useStarted();
  useEffect(() => (started ? listen(checkSession) : undefined), [started]);
  useKeptFresh();
  useSecondTry();
  useEffect(() => onFirstTouch(fetchOverlays), []);

  const place = placeOf(path);
  useEffect(() => {
    document.title = `${place ? `${t(place.title)} · ` : ''}Postroom`;
  });

  return (
    <>
      <a className="skip-link" href="#content">{t('ui.skip')}</a>
      <div className="shell">
        <Side path={path} />
        <div className="main">
          <TopBar openPalette={() => setPalette(true)} />
          <Banners />
          <main id="content" tabIndex={-1}>{children}</main>
        </div>
        <TabBar path={path} />
      </div>
      <Palette open={palette} onClose={() => setPalette(false)} />
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </>
  );
}

const TOUCHES = ['pointermove', 'pointerdown', 'keydown'];

/** Whoever moves a hand may open something next: what that takes is fetched now, after what the page itself took. */
function onFirstTouch(act: () => void) {
  const stop = () => TOUCHES.forEach((touch) => removeEventListener(touch, first, true));
  const first = () => { stop(); act(); };
  TOUCHES.forEach((touch) => addEventListener(touch, first, true));
  return stop;
}
