// What a failed call is called in front of people: in their language what is met often, by its code ("problem.…"), unless
// the server tells a number with it; else in the server's own words, where it has some.
import { ApiError } from '../api/problem';
import { isMessage, t } from './i18n';
import { say } from './toasts';

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    // The server's words are for programs, which have no door to go to.
    if (isSignedOut(error)) return t('sign_in.ended');
    const own = `problem.${error.code}`;
    if (isMessage(own)) return t(own);
    if (error.message) return error.message;
    if (error.status === 0) return t('error.no_answer');
    return t('error.status', { status: String(error.status) });
  }
  return error instanceof Error && error.message ? error.message : t('error.no_answer');
}

/** Of a form that asks for one's own password alone; the words for this code speak of an address, too. */
export const passwordComplaint = (error: unknown) => (error instanceof ApiError && error.code === 'bad_credentials' ? t('form.password_wrong') : undefined);

const isSignedOut = (error: unknown) => error instanceof ApiError && error.code === 'unauthorized';

/** Says what went wrong; that the session has ended is said at the door. */
export function complain(error: unknown) {
  if (!isSignedOut(error)) say(messageOf(error), 'bad');
}
