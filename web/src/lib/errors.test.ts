import { afterEach, expect, it } from 'vitest';
import { ApiError } from '../api/problem';
import { messageOf, passwordComplaint } from './errors';
import { speak } from './i18n';

afterEach(() => speak('en'));

const said = (status: number, code: string, detail: string) => messageOf(new ApiError(status, code, detail));

it('says what is met often in the reader’s language, by its code', async () => {
  await speak('de');
  expect(said(403, 'forbidden', 'Your role does not allow this.')).toBe('Ihre Rolle erlaubt das nicht.');
  expect(said(409, 'not_finished', 'It is not finished.')).toContain('noch nicht fertig');
  expect(said(401, 'unauthorized', 'Give a key.')).toContain('Sitzung');
});

it('leaves to the server what only it knows', async () => {
  await speak('de');
  expect(said(409, 'connection_in_rules', 'Routing rule 3 names this connection.')).toBe('Routing rule 3 names this connection.');
  expect(said(500, 'toString', '')).toBe('Der Server hat mit 500 geantwortet.');
});

it('speaks of a password alone where nothing else was asked for', () => {
  const wrong = new ApiError(401, 'bad_credentials', 'The email address or the password is wrong.');
  expect(passwordComplaint(wrong)).toBe('This password is wrong.');
  expect(passwordComplaint(new ApiError(429, 'slow_down', ''))).toBeUndefined();
});
