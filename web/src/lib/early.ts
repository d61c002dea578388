// The first page of a long list is asked for as soon as the address is known, while the scripts that will draw it are
// still on their way: rows then are there for the first drawing, instead of skeletons that are drawn, laid out and
// painted only to be replaced. What was asked for is used once, and only for exactly the same question.
import { PAGE_SIZES, remembered, USUAL_PAGE_SIZE } from './remembered';

/** Each list's path, and the sort that it has when the address names none. */
const LISTS: Record<string, string> = { '/queue': '-created_at', '/log': '-attempted_at' };
/** What is older than this is read anew. */
const KEPT_MS = 5_000;

interface Asked {
  at: number;
  answer: Promise<unknown>;
  page?: unknown;
}

const asked = new Map<string, Asked>();

const keyOf = (path: string, query: URLSearchParams) => {
  const sorted = new URLSearchParams(query);
  sorted.sort();
  return `${path}?${sorted}`;
};

async function read(path: string, query: URLSearchParams): Promise<unknown> {
  const response = await fetch(`/api/v1${path}?${query}`);
  return response.ok ? response.json() : undefined;
}

let session: { at: number; answer: Promise<Response> } | null = null;

/** Who is signed in is asked for with the first page: the one need not wait for the other. */
export function askSessionEarly() {
  session = { at: performance.now(), answer: fetch('/api/v1/session', { credentials: 'same-origin' }) };
  session.answer.catch(() => {});
}

/** What was answered, once; nothing when it is too old. */
export function takeSession(): Promise<Response> | null {
  const taken = session;
  session = null;
  return taken && performance.now() - taken.at < KEPT_MS ? taken.answer : null;
}

function rememberedPageSize(): number {
  const size = Number(remembered('page_size'));
  return PAGE_SIZES.includes(size) ? size : USUAL_PAGE_SIZE;
}

export function askEarly(path: string, search: string, pageSize = rememberedPageSize()) {
  const sort = LISTS[path];
  if (!sort) return;
  const query = new URLSearchParams(search);
  // "The last 24 hours" is a time only once the list asks.
  if ([...query].some(([name, value]) => /_(from|to)$/.test(name) && value.startsWith('-'))) return;
  query.delete('open');
  if (!query.get('sort')) query.set('sort', sort);
  query.set('limit', String(pageSize));
  const entry: Asked = { at: performance.now(), answer: read(path, query).catch(() => undefined) };
  void entry.answer.then((page) => { entry.page = page; });
  asked.set(keyOf(path, query), entry);
}

function take(path: string, query: URLSearchParams): Asked | undefined {
  const key = keyOf(path, query);
  const entry = asked.get(key);
  asked.delete(key);
  return entry && performance.now() - entry.at < KEPT_MS ? entry : undefined;
}

/** The page, when it has come already; one that is still under way stays to be waited for. */
export function takeArrived(path: string, query: URLSearchParams): unknown {
  return asked.get(keyOf(path, query))?.page === undefined ? undefined : take(path, query)?.page;
}

/** The page, when it is under way. */
export const takeComing = (path: string, query: URLSearchParams): Promise<unknown> | undefined => take(path, query)?.answer;

/** What one person has asked for is not the next one's. */
export function forget() {
  asked.clear();
  session = null;
}

/** Waits for what was asked for, but not for long. */
export const arrived = (patienceMs: number): Promise<unknown> =>
  Promise.race([Promise.all([...asked.values()].map(({ answer }) => answer)), new Promise((done) => setTimeout(done, patienceMs))]);
