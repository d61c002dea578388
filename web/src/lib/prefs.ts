// What a person has chosen for himself. The server keeps it (profile.preferences); the theme, the language and the size
// of a page are kept in this browser too, because they are needed before the server has said anything.
import { browserLanguage, speak, t, type Language } from './i18n';
import { PAGE_SIZES, remember, remembered, USUAL_PAGE_SIZE } from './remembered';
import { Store, useStore } from './store';
import { say } from './toasts';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  language: Language;
  time_zone: 'local' | 'UTC';
  /** Single-key shortcuts may be in the way of speech input and of slips (WCAG 2.1.4). */
  shortcuts: boolean;
  /** The chosen columns of each list, in the list's order. */
  columns: Record<string, string[]>;
  /** Rows that a long list reads at a time. */
  page_size: number;
  /** The newest delivery event that was seen in the bell's list. */
  seen_event: number;
}

export { PAGE_SIZES };

const oneOf = <Word extends string | number>(value: unknown, words: readonly Word[], otherwise: Word): Word =>
  words.includes(value as Word) ? (value as Word) : otherwise;

export function readPreferences(from: Record<string, unknown>, base: Preferences): Preferences {
  const columns: Record<string, string[]> = {};
  if (typeof from.columns === 'object' && from.columns !== null)
    for (const [page, ids] of Object.entries(from.columns))
      if (Array.isArray(ids)) columns[page] = ids.filter((id) => typeof id === 'string');
  return {
    theme: oneOf(from.theme, ['system', 'light', 'dark'], base.theme),
    language: oneOf(from.language, ['en', 'de'], base.language),
    time_zone: oneOf(from.time_zone, ['local', 'UTC'], base.time_zone),
    shortcuts: typeof from.shortcuts === 'boolean' ? from.shortcuts : base.shortcuts,
    columns: from.columns === undefined ? base.columns : columns,
    page_size: oneOf(from.page_size, PAGE_SIZES, base.page_size),
    seen_event: typeof from.seen_event === 'number' ? from.seen_event : base.seen_event,
  };
}

/** What holds for someone of whom the server has said nothing yet. */
const unsaid = () =>
  readPreferences(
    { theme: remembered('theme'), language: remembered('language'), page_size: Number(remembered('page_size')) },
    { theme: 'system', language: browserLanguage(), time_zone: 'local', shortcuts: true, columns: {}, page_size: USUAL_PAGE_SIZE, seen_event: 0 },
  );

export const prefs = new Store<Preferences>(unsaid());

let saver: ((change: Partial<Preferences>) => void) | null = null;

/** Who carries changes to the server; the session sets it. */
export function savePreferencesWith(save: typeof saver) {
  saver = save;
}

function apply(next: Preferences) {
  const before = prefs.get();
  prefs.set(next);
  if (next.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next.theme;
  remember('theme', next.theme);
  if (next.language !== before.language || document.documentElement.lang !== next.language) speak(next.language).catch(() => say(t('error.language'), 'bad'));
  remember('language', next.language);
  remember('page_size', String(next.page_size));
}

/** Takes over what the server keeps of this person; nothing is left of who was here before. */
export function loadPreferences(from: Record<string, unknown>) {
  apply(readPreferences(from, unsaid()));
}

export function setPreferences(change: Partial<Preferences>) {
  apply({ ...prefs.get(), ...change });
  saver?.(change);
}

export const usePreferences = () => useStore(prefs);
