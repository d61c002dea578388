import { afterEach, expect, it } from 'vitest';
import { ApiError, asApiError } from '../api/problem';
import { complaintOf, isMissing, messageOf, passwordComplaint } from './errors';
import { speak } from './i18n';

afterEach(() => speak('en'));

const said = (status: number, code: string, detail: string) => messageOf(new ApiError(status, code, detail));

it('says what is met often in the reader’s language, by its code', async () => {
  await speak('de');
  expect(said(403, 'forbidden', 'Your role does not allow this.')).toBe('Ihre Rolle erlaubt das nicht.');
  expect(said(409, 'not_finished', 'It is not finished.')).toContain('noch nicht fertig');
  expect(said(401, 'unauthorized', 'Give a key.')).toContain('Sitzung');
});

it('says the numbers that a problem has, and leaves to the server those that only its own words have', async () => {
  await speak('de');
  const inUse = asApiError({ status: 409, code: 'connection_in_use', detail: 'In use: 1200.', count: 1200 });
  expect(messageOf(inUse)).toContain('1.200 offene E-Mails');
  expect(messageOf(asApiError({ status: 409, code: 'connection_in_rules', detail: 'Rule 3.', rule: 3 }))).toContain('Leitregel 3 ');
  expect(said(409, 'connection_in_rules', 'Routing rule 3 names this connection.')).toBe('Routing rule 3 names this connection.');
  expect(said(500, 'toString', '')).toBe('Der Server hat mit 500 geantwortet.');
});

it('names the part of a query that is wrong, and leaves to the server what it says without a name', async () => {
  await speak('de');
  expect(said(400, 'parameter_invalid', 'The value of "email" is not valid.')).toBe('Der Wert von „email“ ist nicht gültig.');
  expect(said(400, 'parameter_invalid', 'Say format=csv or format=jsonl, once.')).toBe('Say format=csv or format=jsonl, once.');
});

it('knows what is not there from what could not be read', () => {
  expect(isMissing(new ApiError(404, 'not_found', ''))).toBe(true);
  expect([new ApiError(503, 'unavailable', ''), new ApiError(0, 'no_answer', ''), new Error()].some(isMissing)).toBe(false);
});

it('speaks of a password alone where nothing else was asked for', () => {
  const wrong = new ApiError(401, 'bad_credentials', 'The email address or the password is wrong.');
  expect(passwordComplaint(wrong)).toBe('This password is wrong.');
  expect(passwordComplaint(new ApiError(429, 'slow_down', ''))).toBeUndefined();
});

it('says what is wrong with a field for this field, for any, or as the server says it', async () => {
  await speak('de');
  const complaint = (pointer: string, code: string) => complaintOf({ pointer, code, detail: 'As the server says.' });
  expect(complaint('/rules/3/lane', 'too_long')).toBe('Das ist zu lang.');
  expect(complaint('/rules/3/tag', 'too_long')).toBe('Ein Schlagwort hat höchstens 100 Byte.');
  expect(complaint('/senders/2', 'invalid')).toBe('Höchstens 100 Adressen wie ann@example.org oder Domains wie *@example.org.');
  expect(complaint('/elsewhere', 'invalid')).toBe('As the server says.');
});
