// The server speaks English: in reasons, in a connection's health, in the news of delivery. What it says in sentences of
// its own is said in the reader's language; a provider's words stay as they are.
import { en } from '../messages/en';
import { sayings } from '../messages/en/sayings';
import { speech, t, unturned, word } from './i18n';

type Key = keyof typeof sayings;

interface Saying {
  key: Key;
  fits: RegExp;
  gaps: string[];
}

function sayingOf(key: Key): Saying {
  const gaps: string[] = [];
  const pattern = en[key].replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, gap: string) => {
    gaps.push(gap);
    return '(.+)';
  });
  return { key, gaps, fits: new RegExp(`^${pattern}$`, 's') };
}

let table: Saying[] | null = null;

function whole(text: string): string | null {
  table ??= (Object.keys(sayings) as Key[]).filter((key) => key.startsWith('saying.')).map(sayingOf);
  for (const { key, fits, gaps } of table) {
    const [, ...found] = fits.exec(text) ?? [];
    if (found.length !== gaps.length || !fits.test(text)) continue;
    return t(key, Object.fromEntries(gaps.map((gap, at) => [gap, gap === 'period' ? word('period', found[at]!) : found[at]!])));
  }
  return null;
}

/** A sentence of the server's in the reader's language, what follows it after a colon included; else as it is. A provider's words can't turn it. */
export const said = (text: string): string => unturned(translated(text));

function translated(text: string): string {
  if (speech.get().language === 'en') return text;
  const same = whole(text);
  if (same !== null) return same;
  for (let at = text.indexOf(': '); at > 0; at = text.indexOf(': ', at + 1)) {
    const head = whole(text.slice(0, at));
    if (head !== null) return `${head}: ${translated(text.slice(at + 2))}`;
  }
  return text;
}
