// What a failed call is called in front of people: in their language by its code ("problem.…"), with the problem's numbers;
// else in the server's own words, where it has some.
import { ApiError, pointerToField, type Complaint } from '../api/problem';
import { known, t } from './i18n';
import { say } from './toasts';

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    // The server's words are for programs, which have no door to go to.
    if (isSignedOut(error)) return t('sign_in.ended');
    const own = known('problem', error.code, { ...named(error), ...error.figures });
    // Ours may be without the number that only the server's own words have.
    if (own && !/\{\w+\}/.test(own)) return own;
    if (error.message) return error.message;
    if (error.status === 0) return t('error.no_answer');
    return t('error.status', { status: String(error.status) });
  }
  return error instanceof Error && error.message ? error.message : t('error.no_answer');
}

/** Of what is wrong with a query only the server's own words have the name. */
const named = ({ code, message }: ApiError): Record<string, string> => {
  const name = code === 'parameter_invalid' ? /"([^"]+)"/.exec(message)?.[1] : undefined;
  return name === undefined ? {} : { name };
};

/** What was asked for is not there: to ask again would not bring it. */
export const isMissing = (error: unknown) => error instanceof ApiError && error.status === 404;

/** What the server says of one field: in the reader's language for this field, or for any; else in its own words. */
export const complaintOf = ({ pointer, code, detail }: Complaint) =>
  known('field', `${pointerToField(pointer).replace(/\.\d+(?=\.|$)/g, '')}.${code}`) ?? known('problem', code) ?? detail;

/** Of a form that asks for one's own password alone; the words for this code speak of an address, too. */
export const passwordComplaint = (error: unknown) => (error instanceof ApiError && error.code === 'bad_credentials' ? t('form.password_wrong') : undefined);

const isSignedOut = (error: unknown) => error instanceof ApiError && error.code === 'unauthorized';

/** Says what went wrong; that the session has ended is said at the door. */
export function complain(error: unknown) {
  if (!isSignedOut(error)) say(messageOf(error), 'bad');
}
