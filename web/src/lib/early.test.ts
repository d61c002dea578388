import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arrived, askEarly, askSessionEarly, forget, takeArrived, takeComing, takeSession } from './early';

const page = { items: [{ id: 'a' }], next_cursor: null, total: { count: 1, exact: true } };
const query = (text: string) => new URLSearchParams(text);
const plain = query('sort=-created_at&limit=100');
let fetched: ReturnType<typeof vi.fn>;

beforeEach(() => {
  fetched = vi.fn(async () => new Response(JSON.stringify(page)));
  vi.stubGlobal('fetch', fetched);
});
afterEach(() => {
  forget();
  vi.unstubAllGlobals();
});

describe('the first page, asked for early', () => {
  it('is there for the first drawing, once', async () => {
    askEarly('/queue', '', 100);
    expect(takeArrived('/queue', plain)).toBeUndefined();
    await arrived(1_000);
    expect(takeArrived('/queue', plain)).toEqual(page);
    expect(takeArrived('/queue', plain)).toBeUndefined();
    expect(fetched).toHaveBeenCalledExactlyOnceWith('/api/v1/queue?sort=-created_at&limit=100');
  });

  it('is waited for, not asked for again, while it is under way', async () => {
    askEarly('/log', '?status=fail&open=7', 50);
    expect(await takeComing('/log', query('limit=50&sort=-attempted_at&status=fail'))).toEqual(page);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('answers no other question', async () => {
    askEarly('/queue', '?status=held', 100);
    await arrived(1_000);
    expect(takeArrived('/queue', plain)).toBeUndefined();
    expect(takeComing('/queue', query('status=held&sort=attempts&limit=100'))).toBeUndefined();
  });

  it('is not asked for where it can’t be known: other pages, times that go along with the clock', () => {
    askEarly('/users', '', 100);
    askEarly('/log', '?attempted_at_from=-24h', 100);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is nothing when it is refused, or fails', async () => {
    fetched.mockResolvedValueOnce(new Response('{}', { status: 401 }));
    askEarly('/queue', '', 100);
    expect(await takeComing('/queue', plain)).toBeUndefined();
    fetched.mockRejectedValueOnce(new Error('away'));
    askEarly('/queue', '', 100);
    expect(await takeComing('/queue', plain)).toBeUndefined();
  });

  it('is not kept: what is old is read anew', async () => {
    askEarly('/queue', '', 100);
    await arrived(1_000);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 6_000);
    expect(takeArrived('/queue', plain)).toBeUndefined();
  });

  it('keeps nobody waiting', async () => {
    fetched.mockReturnValueOnce(new Promise(() => {}));
    askEarly('/queue', '', 100);
    await arrived(10);
    expect(takeArrived('/queue', plain)).toBeUndefined();
  });

  it('asks for as many rows as were read the last time', () => {
    localStorage.setItem('postroom.page_size', '50');
    askEarly('/queue', '');
    localStorage.setItem('postroom.page_size', 'many');
    askEarly('/log', '');
    localStorage.clear();
    expect(fetched.mock.calls).toEqual([['/api/v1/queue?sort=-created_at&limit=50'], ['/api/v1/log?sort=-attempted_at&limit=100']]);
  });

  it('answers who is signed in once, and not for long', async () => {
    askSessionEarly();
    expect(await (await takeSession())!.json()).toEqual(page);
    expect(takeSession()).toBeNull();
    askSessionEarly();
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 6_000);
    expect(takeSession()).toBeNull();
  });
});
