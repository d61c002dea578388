import { afterEach, describe, expect, it, vi } from 'vitest';
import { isId, whatIs } from './ids';

const json = (body: object, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const house = (answers: Record<string, object>) =>
  vi.stubGlobal('fetch', vi.fn(async (request: Request) => {
    const path = new URL(request.url).pathname.replace('/api/v1/', '');
    return answers[path] ? json(answers[path]) : json({ status: 404, code: 'not_found', detail: 'There is none.' }, 404);
  }));
const id = '06ZYPXANR1000';
afterEach(() => vi.unstubAllGlobals());

describe('an id', () => {
  it('has 13 characters, none of which is mistaken for another', () => {
    expect(isId(id)).toBe(true);
    expect(isId(id.toLowerCase())).toBe(true);
    expect(isId('06ZYPXANR100O')).toBe(false);
    expect(isId('06ZYPXANR100')).toBe(false);
  });

  it('is what the server knows by it', async () => {
    house({ [`emails/${id}`]: { id } });
    expect(await whatIs(id)).toEqual({ what: 'email' });
    house({ [`messages/${id}`]: { id, emails: [{ id: '06ZYPXANR1001' }] } });
    expect(await whatIs(id)).toEqual({ what: 'message', emails: ['06ZYPXANR1001'] });
    house({ [`log/${id}`]: { id } });
    expect(await whatIs(id)).toEqual({ what: 'attempt' });
    house({});
    expect(await whatIs(id)).toBeNull();
  });

  it('is not nothing because nobody could be asked', async () => {
    vi.stubGlobal('fetch', vi.fn(async () => json({ status: 503, code: 'unavailable', detail: 'Later.' }, 503)));
    await expect(whatIs(id)).rejects.toMatchObject({ status: 503 });
  });
});
