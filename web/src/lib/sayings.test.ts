import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sayings } from '../messages/en/sayings';
import { speak } from './i18n';
import { said } from './sayings';

const SOURCES = '../src/';
/** What people are told stands in these. */
const FILES = [
  'store/act_rules.cpp', 'store/as_of.cpp', 'policy/meter.cpp', 'policy/route.cpp',
  ...readdirSync(`${SOURCES}delivery`).filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp')).map((name) => `delivery/${name}`),
];
/** What stands there for others: the test panel's advice, the journal, a conversation's notes, starts of the server. */
const FOR_OTHERS = /^(delivery\/(connection_trial|outlets|session_pool|dispatch|backlog)\.cpp)$/;

/** The sentences of a source, without comments; literals that stand side by side are one. */
function sentences(file: string): string[] {
  const source = readFileSync(SOURCES + file, 'utf8').replace(/^\s*\/\/.*$/gm, '').replace(/"\s*\n\s*"/g, '');
  return [...source.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, text]) => text!.replace(/\\"/g, '"')).filter((text) => /^[A-Z"].* /.test(text) || /^ .* .*\.$/.test(text));
}

beforeEach(() => speak('de'));
afterEach(() => speak('en'));

it('knows every sentence that the server tells people', () => {
  const known = Object.values(sayings).join('\n');
  const told = [...FILES.filter((file) => !FOR_OTHERS.test(file)).flatMap(sentences), ...sentences('app/house.cpp').filter((text) => /^The (clock says|disk is|data directory can)/.test(text))];
  expect(told.length).toBeGreaterThan(30);
  expect(told.filter((text) => !known.includes(text.replace(/[:( ]+$/, '')))).toEqual([]);
});

it('says them in the reader’s language, with what the server filled in', () => {
  expect(said('It expired before it could be sent.')).toBe('Sie ist abgelaufen, bevor sie gesendet werden konnte.');
  expect(said('The disk is nearly full; nothing is accepted until there is room again. Try again later.')).toContain('fast voll');
  expect(said('Held by an operator: waits for "Ann"')).toBe('Von Hand angehalten: waits for "Ann"');
  expect(said("The connection's limit of 20 emails a minute is reached.")).toBe('Die Grenze der Verbindung von 20 E-Mails je Minute ist erreicht.');
  expect(said('80 of the 100 emails of this day are used.')).toBe('80 von 100 E-Mails je Tag sind verbraucht.');
  expect(said('The connection "a: b" is down: 535 authentication: failed')).toBe('Die Verbindung „a: b“ ist ausgefallen: 535 authentication: failed');
  expect(said('The connection "Main" rests, as its provider asked: the session broke')).toBe('Die Verbindung „Main“ ruht, wie ihr Anbieter verlangt: Die Sitzung brach ab');
});

it('leaves a provider’s words as they are, and English in English', async () => {
  for (const words of ['550 5.1.1 No such user here', '', 'toString', 'Sending is paused. Or is it?']) expect(said(words)).toBe(words);
  await speak('en');
  expect(said('Sending is paused.')).toBe('Sending is paused.');
});
