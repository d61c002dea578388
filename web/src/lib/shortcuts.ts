import { useEffect } from 'react';
import { prefs } from './prefs';

export interface Keys {
  openPalette: () => void;
  openHelp: () => void;
  go: (path: string) => void;
}

/** The second key after "g". */
export const PLACES: Record<string, string> = {
  d: '/dashboard',
  q: '/queue',
  l: '/log',
  c: '/connections',
};

const CHORD_MS = 1_000;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

/** One listener for the whole house. Ctrl K always works; single keys can be switched off. */
export function useShortcuts(keys: Keys) {
  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        keys.openPalette();
        return;
      }
      if (!prefs.get().shortcuts || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      // Behind a dialog nothing is to move.
      if (document.querySelector('[role=dialog], [role=menu]')) return;
      const place = PLACES[event.key];
      if (performance.now() < chordUntil && place) {
        event.preventDefault();
        keys.go(place);
        chordUntil = 0;
      } else if (event.key === 'g') chordUntil = performance.now() + CHORD_MS;
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('#content input[type=search]');
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === '?') {
        event.preventDefault();
        keys.openHelp();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [keys]);
}
