// Words come from one typed catalogue; numbers and dates from Intl. A further language is one folder more.
import { en, type MessageKey, type Messages } from '../messages/en';
import type { Plural } from '../messages/words';
import { LANGUAGES, type Language } from './languages';
import { Store } from './store';

export { browserLanguage, LANGUAGES, type Language } from './languages';

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

/** To make one takes longer than to use it a hundred times. */
function once<Made>(make: (locale: string) => Made): (locale: string) => Made {
  const made = new Map<string, Made>();
  return (locale) => made.get(locale) ?? made.set(locale, make(locale)).get(locale)!;
}
const numbersOf = once((locale) => new Intl.NumberFormat(locale));
const pluralsOf = once((locale) => new Intl.PluralRules(locale));

type Values = Record<string, string | number>;

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Without what turns the reading direction: "invoice\u202efdp.exe" is shown as what it is, and no name turns the sentence around it. */
export const unturned = (text: string) => text.replace(TURNS, '\ufffd');

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbersOf(speech.get().locale).format(value) : unturned(value);
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
  const form = pluralsOf(locale).select(n) as keyof Plural;
  return fill(message[form] ?? message.other, { n, ...values });
}

export const isMessage = (key: string): key is MessageKey => Object.hasOwn(speech.get().messages, key);

/** A message whose key is made from a word of the API, where the catalogue has it. */
export function known(group: string, value: string, values?: Values): string | undefined {
  const key = `${group}.${value}`;
  return isMessage(key) ? t(key, values) : undefined;
}

/** As `known`; else the word itself, of an API that is newer than this page. */
export const word = (group: string, value: string): string => known(group, value) ?? value.replace(/[_.]/g, ' ');
