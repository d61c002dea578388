import { describe, expect, it } from 'vitest';
import { inSight, scrollTo } from './rows';

describe('rows of one height', () => {
  it('are in sight from the one at the top to the one at the bottom, in part or whole', () => {
    expect(inSight({ top: 0, height: 100 }, 40)).toEqual({ first: 0, last: 2 });
    expect(inSight({ top: 39, height: 100 }, 40)).toEqual({ first: 0, last: 3 });
    expect(inSight({ top: 400_000, height: 100 }, 40)).toEqual({ first: 10_000, last: 10_002 });
  });

  it('come into sight by the shortest way', () => {
    const at = (index: number, top: number) => scrollTo(index, 40, 30, { top, height: 230 });
    expect(at(2, 0)).toBe(0); // in sight already
    expect(at(4, 0)).toBe(0); // the last that is whole: 30 + 5 * 40
    expect(at(5, 0)).toBe(40); // one further down
    expect(at(100, 0)).toBe(3_840);
    expect(at(99, 4_000)).toBe(3_960); // up: just below the head
    expect(at(0, 4_000)).toBe(0);
  });
});
