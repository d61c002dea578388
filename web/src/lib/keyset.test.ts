import { describe, expect, it, vi } from 'vitest';
import type { Page } from '../api/types';
import { KeysetLadder } from './keyset';

interface Row {
  id: string;
  v?: number;
}

/** A server with rows n…1, newest first, in pages of `size`; the cursor is the last id of the page before. */
function server(count: number, size = 10) {
  const rows = Array.from({ length: count }, (_, index) => ({ id: String(count - index) }) as Row);
  const fetchPage = vi.fn(async (cursor: string | null): Promise<Page<Row>> => {
    const start = cursor === null ? 0 : rows.findIndex((row) => Number(row.id) < Number(cursor));
    const from = start < 0 ? rows.length : start;
    const items = rows.slice(from, from + size);
    const more = from + size < rows.length;
    return { items, next_cursor: more ? items.at(-1)!.id : null, total: { count: rows.length, exact: true } };
  });
  return { rows, fetchPage };
}

const ladderOf = (fetchPage: ReturnType<typeof server>['fetchPage']) => new KeysetLadder<Row>(fetchPage, (row) => row.id);
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('KeysetLadder', () => {
  it('shows skeletons, not emptiness, before the first answer', () => {
    const ladder = ladderOf(server(3).fetchPage);
    expect(ladder.count).toBeGreaterThan(0);
    expect(ladder.at(0)).toBeUndefined();
  });

  it('begins with the page that is there already, and reads on from its cursor', async () => {
    const { fetchPage } = server(25);
    const first = await fetchPage(null);
    const ladder = new KeysetLadder<Row>(fetchPage, (row) => row.id, undefined, first);
    expect(ladder.at(0)?.id).toBe('25');
    expect(ladder.total).toEqual({ count: 25, exact: true });
    ladder.start();
    await settle();
    expect(fetchPage).toHaveBeenCalledTimes(1);
    ladder.want(5, 12);
    await settle();
    expect(fetchPage).toHaveBeenLastCalledWith('16', expect.anything());
    expect(ladder.at(12)?.id).toBe('13');
  });

  it('reads the next page when the rows in sight need it', async () => {
    const { fetchPage } = server(35);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    expect(fetchPage).toHaveBeenCalledTimes(1);
    ladder.want(5, 12);
    await settle();
    expect(ladder.at(12)?.id).toBe('23');
    expect(ladder.total).toEqual({ count: 35, exact: true });
  });

  it('knows the end, and then makes room for no more rows', async () => {
    const ladder = ladderOf(server(12).fetchPage);
    ladder.want(0, 20);
    await settle();
    await settle();
    expect(ladder.ended).toBe(true);
    expect(ladder.count).toBe(12);
  });

  it('says that a list is empty only after the server did', async () => {
    const ladder = ladderOf(server(0).fetchPage);
    ladder.want(0, 0);
    await settle();
    expect(ladder.count).toBe(0);
    expect(ladder.ended).toBe(true);
  });

  it('keeps cursors but drops far rows, and reads them again on the way back', async () => {
    const { fetchPage } = server(600);
    const ladder = ladderOf(fetchPage);
    for (let at = 0; at < 590; at += 10) {
      ladder.want(at, at + 9);
      await settle();
    }
    expect(ladder.rowsInMemory).toBeLessThan(250);
    expect(ladder.at(0)).toBeUndefined();
    ladder.want(0, 9);
    await settle();
    expect(ladder.at(0)?.id).toBe('600');
    expect(ladder.at(9)?.id).toBe('591');
  });

  it('keeps its place when a page is read again after rows have left it', async () => {
    const { rows, fetchPage } = server(400);
    const ladder = ladderOf(fetchPage);
    for (let at = 0; at < 390; at += 10) {
      ladder.want(at, at + 9);
      await settle();
    }
    rows.splice(2, 1);
    ladder.want(0, 9);
    await settle();
    expect(ladder.at(8)?.id).toBe('391');
    ladder.want(9, 18);
    await settle();
    expect(ladder.at(9)?.id).toBe('390');
  });

  const ids = (ladder: KeysetLadder<Row>) => Array.from({ length: ladder.known }, (_, index) => ladder.at(index)?.id).filter(Boolean);
  /** Scrolled far down and back to the top, after `change`. */
  async function thereAndBack(change: (rows: Row[]) => void) {
    const { rows, fetchPage } = server(400);
    const ladder = ladderOf(fetchPage);
    for (let at = 0; at < 390; at += 10) {
      ladder.want(at, at + 9);
      await settle();
    }
    change(rows);
    for (const at of [0, 8, 18, 28]) {
      ladder.want(at, at + 9);
      await settle();
    }
    return { ladder, top: rows.slice(0, 30).map(({ id }) => id) };
  }
  it.each([
    ['a page’s own last row', (rows: Row[]) => rows.splice(9, 1)],
    ['a page’s last row and the next one’s first', (rows: Row[]) => rows.splice(9, 2)],
    ['a whole page', (rows: Row[]) => rows.splice(10, 10)],
  ])('shows each row once when it is read again without %s', async (_, change) => {
    const { ladder, top } = await thereAndBack(change);
    expect(ids(ladder).slice(0, 30)).toEqual(top);
  });
  it('leaves out none when rows have come in above what is read again', async () => {
    const { ladder, top } = await thereAndBack((rows) => rows.unshift({ id: '402' }, { id: '401' }));
    expect(ids(ladder).slice(0, 30)).toEqual(top);
  });
  it('leaves out none when the page before those that were never read has lost its last row', async () => {
    const { rows, fetchPage } = server(40);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    rows.splice(9, 1);
    await ladder.reload();
    ladder.want(5, 15);
    await settle();
    expect(ids(ladder).slice(0, 15)).toEqual(rows.slice(0, 15).map(({ id }) => id));
  });

  it('goes on through pages without rows', async () => {
    let page = 0;
    const ladder = new KeysetLadder<Row>(
      async () => ({ items: ++page === 4 ? [{ id: 'found' }] : [], next_cursor: page === 4 ? null : String(page), total: { count: 1, exact: false } }),
      (row) => row.id,
    );
    ladder.want(0, 0);
    for (let i = 0; i < 8; i++) await settle();
    expect(ladder.at(0)?.id).toBe('found');
  });

  it('asks before it searches on for ever', async () => {
    const fetchPage = vi.fn(async () => ({ items: [], next_cursor: 'more', total: { count: 0, exact: false } }));
    const ladder = new KeysetLadder<Row>(fetchPage, (row) => row.id);
    ladder.want(0, 0);
    for (let i = 0; i < 200; i++) await settle();
    expect(ladder.stalled).toBe(true);
    const before = fetchPage.mock.calls.length;
    ladder.retry();
    await settle();
    expect(fetchPage.mock.calls.length).toBeGreaterThan(before);
  });

  it('counts what is new instead of moving rows that someone reads', async () => {
    const { rows, fetchPage } = server(30);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    rows.unshift({ id: '32' }, { id: '31' });
    rows[2] = { id: '30', v: 2 };
    await ladder.refresh(false);
    expect(ladder.fresh).toBe(2);
    expect(ladder.at(0)).toEqual({ id: '30', v: 2 });
  });

  it('shows what is new by itself when nobody is busy', async () => {
    const { rows, fetchPage } = server(30);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    rows.unshift({ id: '31' });
    await ladder.refresh(true);
    expect(ladder.fresh).toBe(0);
    expect(ladder.at(0)?.id).toBe('31');
  });

  it('looks once more when something changed while it was looking', async () => {
    const { rows, fetchPage } = server(30);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    rows.unshift({ id: '31' });
    await ladder.refresh(true);
    await settle();
    expect(fetchPage).toHaveBeenCalledTimes(2);
    expect(ladder.at(0)?.id).toBe('31');
  });

  /** Rows 10…19 are in sight, and so is the page before them. */
  async function furtherDown(count = 60) {
    const { rows, fetchPage } = server(count);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    ladder.want(10, 18);
    await settle();
    return { rows, fetchPage, ladder };
  }

  it('makes true what is in sight further down, and marks what has left', async () => {
    const { rows, ladder } = await furtherDown();
    const leaving = ladder.at(13)!;
    rows[12] = { ...rows[12]!, v: 2 };
    rows.splice(13, 1);
    await ladder.refresh(false);
    expect(ladder.at(12)?.v).toBe(2);
    expect(ladder.at(13)).toBe(leaving);
    expect(Array.from({ length: 20 }, (_, at) => at).filter((at) => ladder.at(at) && ladder.isGone(ladder.at(at)!))).toEqual([13]);
    rows.splice(13, 0, leaving);
    await ladder.refresh(false);
    expect(ladder.isGone(leaving)).toBe(false);
  });

  it('marks none that new ones above have pushed out of the first page', async () => {
    const { rows, ladder } = await furtherDown();
    rows.unshift({ id: '62' }, { id: '61' });
    await ladder.refresh(false);
    expect(ladder.fresh).toBe(2);
    expect(ladder.isGone({ id: '51' })).toBe(false);
  });

  it('leaves a row that says the same as before as it is', async () => {
    const { rows, ladder } = await furtherDown();
    const [before, other] = [ladder.at(0), ladder.at(1)];
    rows[0] = { ...rows[0]! };
    rows[1] = { ...rows[1]!, v: 2 };
    await ladder.refresh(true);
    expect(ladder.at(0)).toBe(before);
    expect(ladder.at(1)).not.toBe(other);
  });

  it('keeps the place when it is read anew, and counts again', async () => {
    const { rows, fetchPage, ladder } = await furtherDown();
    rows.splice(14, 1);
    fetchPage.mockClear();
    await ladder.reload();
    await settle();
    expect(ladder.at(13)?.id).toBe('47');
    expect(ladder.at(14)?.id).toBe('45');
    expect(ladder.total?.count).toBe(59);
    ladder.want(0, 9);
    await settle();
    expect(ladder.at(0)?.id).toBe('60');
  });

  it('says that it could not be read anew, and reads it after a retry', async () => {
    const { rows, fetchPage, ladder } = await furtherDown();
    rows.splice(14, 1);
    fetchPage.mockRejectedValueOnce(new Error('away'));
    await ladder.reload();
    expect(ladder.error?.message).toBe('away');
    expect(ladder.at(14)?.id).toBe('46');
    ladder.retry();
    await settle();
    await settle();
    expect(ladder.error).toBeNull();
    expect(ladder.at(14)?.id).toBe('45');
  });

  it('begins with the next look when it could not be read at all, and says until then why', async () => {
    const { fetchPage } = server(30);
    const ladder = ladderOf(fetchPage);
    fetchPage.mockRejectedValueOnce(new Error('away'));
    ladder.want(0, 12);
    await settle();
    fetchPage.mockRejectedValueOnce(new Error('still away'));
    await ladder.refresh(true);
    expect(ladder.error?.message).toBe('still away');
    await ladder.refresh(false);
    expect(ladder.error).toBeNull();
    expect(ladder.fresh).toBe(0);
    expect(ladder.at(0)?.id).toBe('30');
    await settle();
    expect(ladder.at(12)?.id).toBe('18');
  });

  /** The first page is there, the second could not be read. */
  async function failedFurtherDown() {
    const { fetchPage } = server(30);
    const ladder = ladderOf(fetchPage);
    ladder.want(0, 5);
    await settle();
    fetchPage.mockRejectedValueOnce(new Error('away'));
    ladder.want(10, 15);
    await settle();
    return ladder;
  }

  it('reads with the next look what could not be read further down', async () => {
    const ladder = await failedFurtherDown();
    await ladder.refresh(false);
    await settle();
    expect(ladder.error).toBeNull();
    expect(ladder.at(12)?.id).toBe('18');
  });

  it('keeps rows through a failure and reads on after a retry', async () => {
    const ladder = await failedFurtherDown();
    expect(ladder.error?.message).toBe('away');
    expect(ladder.at(3)?.id).toBe('27');
    ladder.retry();
    await settle();
    expect(ladder.error).toBeNull();
    expect(ladder.at(12)?.id).toBe('18');
  });
});
