// Words come from one typed catalogue; numbers and dates from Intl. A further language is one folder more.
import { en, type MessageKey, type Messages } from '../messages/en';
import type { Plural } from '../messages/words';
import { Store } from './store';

export type Language = 'en' | 'de';

export const LANGUAGES: { code: Language; name: string; locale: string }[] = [
  { code: 'en', name: 'English', locale: 'en-GB' },
  { code: 'de', name: 'Deutsch', locale: 'de-DE' },
];

const loaders: Record<Language, () => Promise<Messages>> = {
  en: async () => en,
  de: async () => (await import('../messages/de')).de,
};

export interface Speech {
  language: Language;
  locale: string;
  messages: Messages;
}

export const speech = new Store<Speech>({ language: 'en', locale: 'en-GB', messages: en });

let wanted: Language = 'en';

export async function speak(language: Language) {
  wanted = language;
  const messages = await loaders[language]();
  // A language may come after another has been chosen: the last choice holds.
  if (wanted !== language) return;
  document.documentElement.lang = language;
  speech.set({ language, locale: LANGUAGES.find((known) => known.code === language)!.locale, messages });
}

/** The browser's first language that the house speaks. */
export function browserLanguage(wanted: readonly string[] = navigator.languages): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((known) => known.code === tag.slice(0, 2).toLowerCase());
    if (found) return found.code;
  }
  return 'en';
}

type Values = Record<string, string | number>;

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Without what turns the reading direction: "invoice\u202efdp.exe" is shown as what it is, and no name turns the sentence around it. */
export const unturned = (text: string) => text.replace(TURNS, '\ufffd');

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(speech.get().locale).format(value) : unturned(value);
  });
}

export function t(key: MessageKey, values?: Values): string {
  const message = speech.get().messages[key];
  return fill(typeof message === 'string' ? message : message.other, values);
}

/** A message that counts; {n} is the number, or what `shown` says of it ("10,000+"). */
export function tn(key: MessageKey, n: number, values?: Values): string {
  const { messages, locale } = speech.get();
  const message = messages[key];
  if (typeof message === 'string') return fill(message, { n, ...values });
  const form = new Intl.PluralRules(locale).select(n) as keyof Plural;
  return fill(message[form] ?? message.other, { n, ...values });
}

export const isMessage = (key: string): key is MessageKey => Object.hasOwn(speech.get().messages, key);

/** A message whose key is made from a word of the API; the word itself when the catalogue doesn't have it yet. */
export function word(group: string, value: string): string {
  const message = speech.get().messages[`${group}.${value}` as MessageKey] as string | undefined;
  return message ?? value.replace(/[_.]/g, ' ');
}
