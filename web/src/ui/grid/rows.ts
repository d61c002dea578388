// Rows of one height, of which only those in sight exist. Where one stands is its number times the height: a list that
// has been scrolled through for an hour costs no more than one that was just opened.
import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';

/** Rows beyond either edge, so that a scroll finds them drawn. */
const BEYOND = 8;

interface View {
  /** Of the scroll container, in pixels; what its sticky head covers is counted in. */
  top: number;
  height: number;
}

type InSight = ReturnType<typeof inSight>;

/** The first row in sight, and the last one. */
export const inSight = ({ top, height }: View, rowHeight: number) => ({ first: Math.floor(top / rowHeight), last: Math.floor((top + height) / rowHeight) });

/** Where to scroll so that the row is in sight, below the head and as near as can be. */
export function scrollTo(index: number, rowHeight: number, headHeight: number, { top, height }: View) {
  const start = index * rowHeight;
  return Math.min(start, Math.max(top, start + rowHeight + headHeight - height));
}

/** What a page has above its list, at least: a first guess, so that its rows are drawn once. */
const ABOVE = 200;

/** Rows that were drawn too many cost less than drawing them all anew. */
const holds = (drawn: InSight, now: InSight) => drawn.first === now.first && drawn.last >= now.last && drawn.last - now.last <= BEYOND;

/** The rows to draw of `count`: from the first to the last, both included. */
export function useRows(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number) {
  const [seen, setSeen] = useState(() => inSight({ top: 0, height: Math.max(rowHeight, innerHeight - ABOVE) }, rowHeight));
  // What is in sight is drawn first, and measured then; what scrolling brings comes with the next frame.
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setSettled(true));
    return () => cancelAnimationFrame(frame);
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const look = () => {
      const now = inSight({ top: element.scrollTop, height: element.clientHeight }, rowHeight);
      setSeen((before) => (holds(before, now) ? before : now));
    };
    // Within the frame that shows the new place, so that none is blank.
    const follow = () => flushSync(look);
    const sizes = new ResizeObserver(look);
    look();
    element.addEventListener('scroll', follow, { passive: true });
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', follow);
      sizes.disconnect();
    };
  }, [scroller, rowHeight]);

  const beyond = settled ? BEYOND : 0;
  return { from: Math.max(0, Math.min(seen.first, count - 1) - beyond), to: Math.max(0, Math.min(count - 1, seen.last + beyond)) };
}
