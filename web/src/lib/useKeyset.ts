import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import type { Page } from '../api/types';
import { KeysetLadder, type FetchPage } from './keyset';

interface Options<Row> {
  /** Names the list, its filter and its sort; another one starts a new ladder. */
  key: string;
  fetchPage: FetchPage<Row>;
  idOf: (row: Row) => string;
  /** The first page, where it is there already. */
  first?: () => Page<Row> | undefined;
  /** Rises when the server says that something in this list has changed. */
  tick: number;
  /** The list is at its top and nobody is busy with its rows. */
  calm: boolean;
}

/** Bursts of changes are answered once. */
const SETTLE_MS = 400;
/** Between two looks, while changes go on and on. */
const BUSY_MS = 2_000;

export function useKeyset<Row>({ key, fetchPage, idOf, first, tick, calm }: Options<Row>) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  // fetchPage and idOf belong to the key; a ladder keeps those it was made with.
  const ladder = useMemo(() => new KeysetLadder<Row>(fetchPage, idOf, redraw, first?.()), [key]);

  useEffect(() => {
    ladder.start();
    return () => ladder.stop();
  }, [ladder]);

  const calmNow = useRef(calm);
  calmNow.current = calm;
  const seen = useRef(tick);
  const looked = useRef(-Infinity);
  useEffect(() => {
    if (seen.current === tick) return;
    const timer = setTimeout(() => {
      seen.current = tick;
      looked.current = performance.now();
      void ladder.refresh(calmNow.current);
    }, Math.max(SETTLE_MS, looked.current + BUSY_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [tick, ladder]);

  // Back at the top with nothing selected: what was announced may now appear.
  useEffect(() => {
    if (calm && ladder.fresh > 0) void ladder.refresh(true);
  }, [calm, ladder]);

  const want = useCallback((from: number, to: number) => ladder.want(from, to), [ladder]);
  const at = useCallback((index: number) => ladder.at(index), [ladder, ladder.version]);
  return { ladder, at, want };
}
