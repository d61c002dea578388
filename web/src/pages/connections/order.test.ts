import { describe, expect, it } from 'vitest';
import { inOrder, moved } from './order';

const rows = (...priorities: number[]) => priorities.map((priority, index) => ({ id: index + 1, priority }));
const after = (all: ReturnType<typeof rows>, id: number, to: number) => inOrder(all, moved(all, id, to)).map((row) => row.id);

describe('moving a connection', () => {
  it('changes the order, and only the priorities that must', () => {
    const all = rows(10, 20, 30);
    expect(after(all, 3, 0)).toEqual([3, 1, 2]);
    expect(moved(all, 3, 1)).toEqual([{ id: 3, priority: 20 }, { id: 2, priority: 30 }]);
  });
  it('leaves a group that shares the mail together', () => {
    const all = rows(0, 0, 10, 20);
    const changes = moved(all, 4, 2);
    const ordered = inOrder(all, changes);
    expect(ordered.map((row) => row.id)).toEqual([1, 2, 4, 3]);
    expect(ordered[0]!.priority).toBe(ordered[1]!.priority);
  });
  it('joins the group that it is put into', () => {
    const all = rows(10, 10, 20);
    const ordered = inOrder(all, moved(all, 3, 1));
    expect(new Set(ordered.map((row) => row.priority)).size).toBe(1);
  });
  it('leaves its group when it is put elsewhere', () => {
    const all = rows(10, 10, 20);
    expect(after(all, 1, 2)).toEqual([2, 3, 1]);
  });
  it('does nothing at the ends', () => {
    expect(moved(rows(10, 20), 1, -1)).toEqual([]);
    expect(moved(rows(10, 20), 2, 5)).toEqual([]);
    expect(moved(rows(10), 9, 0)).toEqual([]);
  });
});
