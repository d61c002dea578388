export type Language = 'en' | 'de';

export const LANGUAGES: { code: Language; name: string; locale: string }[] = [
  { code: 'en', name: 'English', locale: 'en-GB' },
  { code: 'de', name: 'Deutsch', locale: 'de-DE' },
];

/** The browser's first language that the house speaks. */
export function browserLanguage(wanted: readonly string[] = navigator.languages): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((known) => known.code === tag.slice(0, 2).toLowerCase());
    if (found) return found.code;
  }
  return 'en';
}
