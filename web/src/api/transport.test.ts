import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api, ok } from './client';
import { ApiError } from './problem';
import { onSessionNews, setCsrfToken } from './transport';

const problem = (status: number, code: string, more: object = {}) =>
  new Response(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: `about ${code}`, request_id: 'r1', ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

let fetched: ReturnType<typeof vi.fn>;
beforeEach(() => {
  fetched = vi.fn();
  vi.stubGlobal('fetch', fetched);
  setCsrfToken('token-1');
});
afterEach(() => vi.unstubAllGlobals());

const headerOf = (call: number) => (fetched.mock.calls[call]![0] as Request).headers.get('X-CSRF-Token');

describe('the transport', () => {
  it('sends the CSRF token with writes and not with reads', async () => {
    fetched.mockImplementation(async () => json({ items: [] }));
    await ok(api.GET('/api/v1/connections'));
    await ok(api.POST('/api/v1/delivery/pause', { body: { all: true } }));
    expect(headerOf(0)).toBeNull();
    expect(headerOf(1)).toBe('token-1');
  });

  it('renews a stale token once and repeats the write, body and all', async () => {
    fetched
      .mockResolvedValueOnce(problem(403, 'csrf'))
      .mockResolvedValueOnce(json({ csrf_token: 'token-2' }))
      .mockImplementationOnce(async (request: Request) => json({ echoed: await request.json() }));
    const answer = await ok(api.POST('/api/v1/delivery/pause', { body: { all: true, reason: 'night' } }));
    expect(headerOf(2)).toBe('token-2');
    expect(answer).toEqual({ echoed: { all: true, reason: 'night' } });
  });

  it('gives up when the session has no newer token', async () => {
    fetched.mockResolvedValueOnce(problem(403, 'csrf')).mockResolvedValueOnce(json({ csrf_token: 'token-1' }));
    await expect(ok(api.POST('/api/v1/delivery/pause', { body: { all: true } }))).rejects.toMatchObject({ code: 'csrf' });
  });

  it('tells that the session has ended, but not of a wrong password', async () => {
    const news: string[] = [];
    const stop = onSessionNews((what) => news.push(what));
    fetched.mockResolvedValueOnce(problem(401, 'bad_credentials'));
    await expect(ok(api.POST('/api/v1/session', { body: { email: 'a', password: 'b' } }))).rejects.toMatchObject({ code: 'bad_credentials' });
    expect(news).toEqual([]);
    fetched.mockResolvedValueOnce(problem(401, 'unauthorized'));
    await expect(ok(api.GET('/api/v1/connections'))).rejects.toBeInstanceOf(ApiError);
    expect(news).toEqual(['signed-out']);
    stop();
  });

  it('gives the server’s own words and fields', async () => {
    fetched.mockResolvedValueOnce(problem(422, 'invalid', { errors: [{ pointer: '/limits/per_day', code: 'too_small', detail: 'At least 1.' }] }));
    await expect(ok(api.GET('/api/v1/connections'))).rejects.toMatchObject({ status: 422, message: 'about invalid', fields: [{ pointer: '/limits/per_day', detail: 'At least 1.' }] });
  });

  it('makes an error of silence and of answers that are no problems', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await expect(ok(api.GET('/api/v1/connections'))).rejects.toMatchObject({ status: 0, code: 'no_answer' });
    fetched.mockResolvedValueOnce(new Response('<html>', { status: 502 }));
    await expect(ok(api.GET('/api/v1/connections'))).rejects.toMatchObject({ status: 502 });
  });

  it('takes 204 as good', async () => {
    fetched.mockResolvedValueOnce(new Response(null, { status: 204 }));
    await expect(ok(api.DELETE('/api/v1/session'))).resolves.toBeUndefined();
  });
});
