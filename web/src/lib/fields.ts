// What a form's fields may hold, each with its complaint in the reader's language. The server has the last word; this
// is only what can be said before asking it. Made anew for each form: the language may have changed.
import * as z from 'zod/mini';
import { t } from './i18n';

const LEAST_PASSWORD = 12;

/** Text without blanks at its ends. */
export const text = (most: number) => z.string().check(z.trim(), z.maxLength(most, t('form.too_long', { n: most })));

/** As `text`, and not empty. */
export const needed = (most: number) => text(most).check(z.minLength(1, t('form.required')));

/** As it was typed: a password's blanks are its own. */
export const secret = () => z.string().check(z.minLength(1, t('form.required')));

export const newPassword = () => z.string().check(z.minLength(LEAST_PASSWORD, t('form.password_short', { n: LEAST_PASSWORD })));

export const email = () => z.string().check(z.trim(), z.email(t('form.email')));

/** A field's text as the number that it writes; nothing, when nothing was written. */
const written = z.transform((value: unknown) => {
  if (typeof value !== 'string') return value;
  const digits = value.trim();
  return digits === '' ? undefined : /^-?\d+$/.test(digits) ? Number(digits) : Number.NaN;
});

/** A whole number, which is needed. */
export const whole = (least: number, most: number) => {
  // As one types them: "65535", not "65,535".
  const range = t('form.between', { least: String(least), most: String(most) });
  const wrong = (issue: { input?: unknown }) => (issue.input === undefined ? t('form.required') : t('form.number'));
  return z.pipe(written, z.number({ error: wrong }).check(z.int(t('form.number')), z.minimum(least, range), z.maximum(most, range)));
};

/** A limit's field is text: empty is no limit. */
export const limit = () => z.string().check(z.trim(), z.regex(/^([1-9]\d{0,8})?$/, t('form.limit')));

/** For a form that asks a new password twice. */
export const sameTwice = <Values extends { password: string; again: string }>() =>
  z.refine<Values>(({ password, again }) => password === again, { path: ['again'], message: t('form.not_same') });
