// Every call to the server goes through here: the session's CSRF token goes out with writes, and answers that concern
// the session as a whole (it ended, it needs a second factor) are told to whoever listens.

import { takeSession } from '../lib/early';

export type SessionNews = 'signed-out' | 'totp-mandatory';

let token = '';
const listeners = new Set<(news: SessionNews) => void>();

export function setCsrfToken(value: string) {
  token = value;
}

export function onSessionNews(listener: (news: SessionNews) => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const isWrite = (method: string) => method !== 'GET' && method !== 'HEAD';

async function codeOf(response: Response): Promise<string> {
  try {
    return ((await response.clone().json()) as { code?: string }).code ?? '';
  } catch {
    return '';
  }
}

/** Signing in again in another tab gives the browser a new cookie, and this tab's token is stale. */
async function renewToken(): Promise<boolean> {
  const response = await globalThis.fetch(new URL('/api/v1/session', location.origin), { credentials: 'same-origin' });
  if (!response.ok) return false;
  const { csrf_token } = (await response.json()) as { csrf_token?: string };
  if (!csrf_token || csrf_token === token) return false;
  token = csrf_token;
  return true;
}

/** The session may have been asked for before any of this was there. */
async function send(request: Request): Promise<Response> {
  const early = request.method === 'GET' && new URL(request.url).pathname === '/api/v1/session' ? takeSession() : null;
  return (await early?.catch(() => null)) ?? globalThis.fetch(request);
}

export async function transport(request: Request): Promise<Response> {
  const write = isWrite(request.method);
  const spare = write ? request.clone() : null;
  if (write && token) request.headers.set('X-CSRF-Token', token);
  let response = await send(request);
  if (response.ok) return response;
  if (spare && response.status === 403 && (await codeOf(response)) === 'csrf' && (await renewToken())) {
    spare.headers.set('X-CSRF-Token', token);
    response = await globalThis.fetch(spare);
  }
  // Other codes of 401 (bad_credentials, totp_wrong) belong to the form that asked.
  if (response.status === 401 && (await codeOf(response)) === 'unauthorized') tell('signed-out');
  if (response.status === 403 && (await codeOf(response)) === 'totp_mandatory') tell('totp-mandatory');
  return response;
}

function tell(news: SessionNews) {
  for (const listener of listeners) listener(news);
}
