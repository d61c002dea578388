// A long list is read page by page, each from the cursor that the page before it gave: a ladder of rungs. All cursors
// are kept (tens of bytes each), rows only near the place that is looked at, so that memory stays bounded, what has been
// seen keeps its place, and every rung can be read again. A page may be short or empty with more to come.
import type { Page, Total } from '../api/types';

export type FetchPage<Row> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>;

interface Rung<Row> {
  cursor: string | null;
  /** How many rows it has; null until it was read once. */
  length: number | null;
  firstId: string | null;
  lastId: string | null;
  rows: Row[] | null;
}

/** Rungs on each side of the last read one that keep their rows. */
const KEEP = 10;
/** Rows drawn as skeletons where more is to come. */
const TAIL = 20;
/** Pages without a row before the ladder asks whether to go on: a rare match in millions of rows. */
const PATIENCE = 80;

export class KeysetLadder<Row> {
  private rungs: Rung<Row>[] = [newRung(null)];
  private wanted = { from: 0, to: 0 };
  private readonly loading = new Set<number>();
  private abort = new AbortController();
  private emptyInARow = 0;
  /** A look that was asked for while the head was being read, and whether it is a calm one. */
  private missed: { calm: boolean } | null = null;
  /** What is in sight could not be read anew. */
  private stale = false;
  /** Rows that keep their place though the server has them there no more. */
  private readonly gone = new Set<string>();

  total: Total | null = null;
  ended = false;
  error: Error | null = null;
  /** So many rows have come in above the first one since it was read. */
  fresh = 0;
  freshIsMore = false;
  stalled = false;
  /** Rises with every change that a reader can see. */
  version = 0;

  constructor(
    private readonly fetchPage: FetchPage<Row>,
    private readonly idOf: (row: Row) => string,
    private readonly changed: () => void = () => {},
    /** The first page, where it is there already. */
    first?: Page<Row>,
  ) {
    if (!first) return;
    this.total = first.total;
    this.fill(0, first);
  }

  get started() {
    return this.rungs[0]!.length !== null;
  }
  get known() {
    return this.rungs.reduce((sum, rung) => sum + (rung.length ?? 0), 0);
  }
  /** Rows to make room for, those that are still to come included. */
  get count() {
    if (!this.started) return this.error ? 0 : TAIL;
    return this.known + (this.ended || this.stalled || this.error ? 0 : TAIL);
  }
  get searching() {
    return this.loading.size > 0;
  }
  get rowsInMemory() {
    return this.rungs.reduce((sum, rung) => sum + (rung.rows?.length ?? 0), 0);
  }

  at(index: number): Row | undefined {
    let start = 0;
    for (const rung of this.rungs) {
      const length = rung.length ?? 0;
      if (index < start + length) return rung.rows?.[index - start];
      start += length;
    }
    return undefined;
  }

  loadedRows(): Row[] {
    return this.rungs.flatMap((rung) => rung.rows ?? []);
  }

  isGone(row: Row): boolean {
    return this.gone.has(this.idOf(row));
  }

  /** Says which rows are in sight; what is missing for them is read. */
  want(from: number, to: number) {
    this.wanted = { from, to };
    for (const rung of this.inSight()) if (!rung.rows) void this.read(this.rungs.indexOf(rung));
  }

  private inSight(): Rung<Row>[] {
    const { from, to } = this.wanted;
    let start = 0;
    return this.rungs.filter(({ length }) => {
      const seen = to >= start && (length === null || from < start + length);
      start += length ?? 0;
      return seen;
    });
  }

  retry() {
    this.error = null;
    this.stalled = false;
    this.emptyInARow = 0;
    this.tell();
    if (this.stale) void this.reload();
    else this.want(this.wanted.from, this.wanted.to);
  }

  /**
   * Looks at the list's head again. `calm`: nobody is in the middle of something, the new head may take the place of
   * the old; otherwise rows keep their places, take over their new values, and what is new above them is counted.
   * A list that could not be read at all begins with it.
   */
  async refresh(calm: boolean): Promise<void> {
    if (this.loading.has(0)) {
      this.missed = { calm };
      return;
    }
    const signal = this.abort.signal;
    this.loading.add(0);
    try {
      const page = await this.fetchPage(null, signal);
      if (signal.aborted) return;
      this.total = page.total;
      this.error = null;
      if (calm || !this.started) this.restart(page);
      else {
        this.merge(page);
        this.tell();
        await this.lookFurtherDown(signal);
      }
    } catch (error) {
      // A failed look for news changes nothing that stands; the next one may succeed.
      if (!signal.aborted && !this.started) this.error = error as Error;
    } finally {
      if (!signal.aborted) this.done(0);
    }
  }

  /** What is in sight below the head keeps its places, too; its values become true. */
  private async lookFurtherDown(signal: AbortSignal) {
    for (const rung of this.inSight()) {
      if (rung === this.rungs[0] || !rung.rows) continue;
      const page = await this.fetchPage(rung.cursor, signal);
      if (signal.aborted) return;
      this.adopt(page);
      this.fade(rung, page);
    }
  }

  /** Reads anew what is in sight, in its place, and keeps the old rows until the new ones are there. */
  async reload(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    this.loading.clear();
    this.missed = null;
    this.stale = false;
    if (!this.started) return this.refresh(true);
    const signal = this.abort.signal;
    const seen = this.inSight();
    try {
      for (const rung of seen) {
        const page = await this.fetchPage(rung.cursor, signal);
        if (signal.aborted) return;
        const n = this.rungs.indexOf(rung);
        if (n < 0) continue;
        if (n === 0) this.atHead(page);
        this.error = null;
        this.fill(n, page);
      }
      // The rest is as old as these were, and is read once it comes into sight.
      for (const rung of this.rungs) if (!seen.includes(rung)) rung.rows = null;
    } catch (error) {
      if (signal.aborted) return;
      this.error = error as Error;
      this.stale = true;
    }
    this.tell();
    if (this.error) return;
    this.want(this.wanted.from, this.wanted.to);
    if (!seen.includes(this.rungs[0]!)) await this.refresh(false);
  }

  stop() {
    this.abort.abort();
  }

  /** Begins, or goes on after a stop. */
  start() {
    if (this.abort.signal.aborted) {
      this.abort = new AbortController();
      this.loading.clear();
    }
    this.want(this.wanted.from, this.wanted.to);
  }

  private restart(page: Page<Row>) {
    // Rows that stay are not drawn again.
    this.rungs = [{ ...newRung<Row>(null), rows: this.loadedRows() }];
    this.ended = false;
    this.fresh = 0;
    this.freshIsMore = false;
    this.stalled = false;
    this.emptyInARow = 0;
    this.stale = false;
    this.gone.clear();
    this.fill(0, page);
  }

  private atHead(page: Page<Row>) {
    this.total = page.total;
    this.fresh = 0;
    this.freshIsMore = false;
  }

  private merge(page: Page<Row>) {
    const news = this.adopt(page);
    const leading = news.findIndex((isNew) => !isNew);
    this.fresh = leading < 0 ? news.length : leading;
    this.freshIsMore = leading < 0 && news.length > 0 && page.next_cursor !== null;
    if (!this.freshIsMore) this.fade(this.rungs[0]!, page);
  }

  /** Known rows take over their new values, wherever they stand. Says of each row of the page whether it is new. */
  private adopt(page: Page<Row>): boolean[] {
    const places = new Map<string, { rows: Row[]; index: number }>();
    for (const { rows } of this.rungs) rows?.forEach((row, index) => places.set(this.idOf(row), { rows, index }));
    return page.items.map((row) => {
      const place = places.get(this.idOf(row));
      if (!place) return true;
      place.rows[place.index] = unchanged(place.rows[place.index]!, row);
      this.gone.delete(this.idOf(row));
      return false;
    });
  }

  /** Marks what is no longer where it stood. What a full page may have pushed beyond its end is left as it is. */
  private fade(rung: Rung<Row>, page: Page<Row>) {
    const there = new Set(page.items.map(this.idOf));
    const old = rung.rows ?? [];
    const end = page.items.at(-1);
    const cutOff = page.next_cursor !== null && end !== undefined && old.some((row) => this.idOf(row) === this.idOf(end));
    const last = cutOff ? old.findLastIndex((row) => there.has(this.idOf(row))) : old.length;
    for (const row of old.slice(0, last)) if (!there.has(this.idOf(row))) this.gone.add(this.idOf(row));
  }

  private async read(n: number) {
    if (this.loading.has(n) || this.error || (this.stalled && n === this.rungs.length - 1)) return;
    const signal = this.abort.signal;
    const rung = this.rungs[n]!;
    this.loading.add(n);
    try {
      const page = await this.fetchPage(rung.cursor, signal);
      if (signal.aborted || this.rungs[n] !== rung) return;
      this.error = null;
      if (n === 0) this.atHead(page);
      else this.total ??= page.total;
      this.fill(n, page);
    } catch (error) {
      if (!signal.aborted) this.error = error as Error;
    } finally {
      if (!signal.aborted) this.done(n);
    }
  }

  private done(n: number) {
    this.loading.delete(n);
    this.tell();
    // An empty page fills no screen, rows in sight may have failed before, or be new ones: go on with the next.
    if (!this.error) this.want(this.wanted.from, this.wanted.to);
    const { missed } = this;
    if (n !== 0 || !missed) return;
    this.missed = null;
    void this.refresh(missed.calm);
  }

  private fill(n: number, page: Page<Row>) {
    const rung = this.rungs[n]!;
    const end = this.endOf(n, page.items);
    const old = new Map(rung.rows?.map((row) => [this.idOf(row), row]));
    const rows = page.items.slice(0, end).map((row) => unchanged(old.get(this.idOf(row)), row));
    for (const row of rows) this.gone.delete(this.idOf(row));
    rung.rows = rows;
    rung.length = rows.length;
    const [first, last] = [rows[0], rows.at(-1)];
    if (first) rung.firstId = this.idOf(first);
    if (last) rung.lastId = this.idOf(last);
    if (end === undefined) {
      this.ended = page.next_cursor === null;
      this.rungs.splice(n + 1, Infinity, ...(this.ended ? [] : [newRung<Row>(page.next_cursor)]));
      this.emptyInARow = rows.length === 0 ? this.emptyInARow + 1 : 0;
      if (this.emptyInARow >= PATIENCE) this.stalled = true;
    }
    for (const [index, other] of this.rungs.entries()) if (Math.abs(index - n) > KEEP) other.rows = null;
  }

  /**
   * Where a rung that is read again ends: rows may have left it, and then it reaches into the next one. Its old end is
   * still its end; where that has left as well, it is where the next one begins. Undefined where neither is known any
   * more, as of a rung that is read for the first time: the ladder goes on from this page's own cursor.
   */
  private endOf(n: number, rows: Row[]): number | undefined {
    const later = this.rungs.slice(n + 1);
    if (later.every(({ firstId }) => firstId === null)) return undefined;
    const { lastId } = this.rungs[n]!;
    const below = new Set(later.flatMap(({ firstId, rows: known }) => [firstId, ...(known ?? []).map(this.idOf)]));
    const end = rows.findIndex((row, index) => below.has(this.idOf(row)) || (index > 0 && this.idOf(rows[index - 1]!) === lastId));
    if (end >= 0) return end;
    const last = rows.at(-1);
    return last && this.idOf(last) === lastId ? rows.length : undefined;
  }

  private tell() {
    this.version += 1;
    this.changed();
  }
}

function newRung<Row>(cursor: string | null): Rung<Row> {
  return { cursor, length: null, firstId: null, lastId: null, rows: null };
}

/** A row that says what it said before stays the same one, and is not drawn again. */
function unchanged<Row>(before: Row | undefined, now: Row): Row {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
