// Messages, emails and attempts have ids of one make, 13 characters of Crockford's base32, which do not say of what they are.
import { api, ok } from '../api/client';
import { ApiError } from '../api/problem';

export const isId = (text: string) => /^[0-9a-hjkmnp-tv-z]{13}$/i.test(text);

export type Named = { what: 'email' } | { what: 'attempt' } | { what: 'message'; emails: string[] };

async function known<Answer>(call: Promise<Answer>): Promise<Answer | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** What an id names: the server is asked, for the likeliest first. */
export async function whatIs(id: string): Promise<Named | null> {
  const which = { params: { path: { id } } };
  if (await known(ok(api.GET('/api/v1/emails/{id}', which)))) return { what: 'email' };
  const message = await known(ok(api.GET('/api/v1/messages/{id}', which)));
  if (message) return { what: 'message', emails: message.emails.map((email) => email.id) };
  return (await known(ok(api.GET('/api/v1/log/{id}', which)))) ? { what: 'attempt' } : null;
}
