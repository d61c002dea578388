// A long list is read page by page, each from the cursor that the page before it gave: a ladder of rungs. All cursors
// are kept (tens of bytes each), rows only near the place that is looked at, so that memory stays bounded, what has been
// seen keeps its place, and every rung can be read again. A page may be short or empty with more to come.
import type { Page, Total } from '../api/types';

export type FetchPage<Row> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>;

interface Rung<Row> {
  cursor: string | null;
  /** How many rows it has; null until it was read once. */
  length: number | null;
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

  /** Says which rows are in sight; what is missing for them is read. */
  want(from: number, to: number) {
    this.wanted = { from, to };
    let start = 0;
    for (let n = 0; n < this.rungs.length; n++) {
      const rung = this.rungs[n]!;
      const length = rung.length;
      const inSight = length === null ? to >= start : to >= start && from < start + length;
      if (inSight && !rung.rows) void this.read(n);
      start += length ?? 0;
    }
  }

  retry() {
    this.error = null;
    this.stalled = false;
    this.emptyInARow = 0;
    this.tell();
    this.want(this.wanted.from, this.wanted.to);
  }

  /**
   * Looks at the list's head again. `calm`: nobody is in the middle of something, the new head may take the place of
   * the old; otherwise rows keep their places, take over their new values, and what is new above them is counted.
   * A list that could not be read at all begins with it.
   */
  async refresh(calm: boolean): Promise<void> {
    if (this.loading.has(0)) return;
    const signal = this.abort.signal;
    this.loading.add(0);
    try {
      const page = await this.fetchPage(null, signal);
      if (signal.aborted) return;
      this.total = page.total;
      this.error = null;
      if (calm || !this.started) this.restart(page);
      else this.merge(page);
    } catch (error) {
      // A failed look for news changes nothing that stands; the next one may succeed.
      if (!signal.aborted && !this.started) this.error = error as Error;
    } finally {
      if (!signal.aborted) {
        this.loading.delete(0);
        this.tell();
        // Rows in sight may have failed before, or be new ones.
        if (!this.error) this.want(this.wanted.from, this.wanted.to);
      }
    }
  }

  /** Reads everything anew, from the top, and keeps the old rows until the new ones are there. */
  async reload(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    this.loading.clear();
    return this.refresh(true);
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
    this.rungs = [newRung(null)];
    this.ended = false;
    this.fresh = 0;
    this.freshIsMore = false;
    this.stalled = false;
    this.emptyInARow = 0;
    this.fill(0, page);
  }

  private merge(page: Page<Row>) {
    const known = new Map<string, { rung: Rung<Row>; index: number }>();
    for (const rung of this.rungs)
      rung.rows?.forEach((row, index) => known.set(this.idOf(row), { rung, index }));
    let leading = 0;
    let leadingEnded = false;
    for (const row of page.items) {
      const place = known.get(this.idOf(row));
      if (place) {
        place.rung.rows![place.index] = row;
        leadingEnded = true;
      } else if (!leadingEnded) leading += 1;
    }
    this.fresh = leading;
    this.freshIsMore = leading > 0 && leading === page.items.length && page.next_cursor !== null;
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
      if (this.total === null || n === 0) this.total = page.total;
      this.fill(n, page);
    } catch (error) {
      if (!signal.aborted) this.error = error as Error;
    } finally {
      if (!signal.aborted) {
        this.loading.delete(n);
        this.tell();
        // An empty page fills no screen: go on with the next one.
        if (!this.error) this.want(this.wanted.from, this.wanted.to);
      }
    }
  }

  private fill(n: number, page: Page<Row>) {
    const rung = this.rungs[n]!;
    let rows = page.items;
    const isLast = n === this.rungs.length - 1;
    if (!isLast && rung.lastId !== null) {
      // Read again: rows may have left it, and then it reaches into the next rung. Its old end is still its end.
      const end = rows.findIndex((row) => this.idOf(row) === rung.lastId);
      if (end >= 0) rows = rows.slice(0, end + 1);
    }
    rung.rows = rows;
    rung.length = rows.length;
    const last = rows.at(-1);
    if (last) rung.lastId = this.idOf(last);
    if (isLast) {
      if (page.next_cursor === null) this.ended = true;
      else this.rungs.push(newRung(page.next_cursor));
      this.emptyInARow = rows.length === 0 ? this.emptyInARow + 1 : 0;
      if (this.emptyInARow >= PATIENCE) this.stalled = true;
    }
    for (const [index, other] of this.rungs.entries()) if (Math.abs(index - n) > KEEP) other.rows = null;
  }

  private tell() {
    this.version += 1;
    this.changed();
  }
}

function newRung<Row>(cursor: string | null): Rung<Row> {
  return { cursor, length: null, lastId: null, rows: null };
}
