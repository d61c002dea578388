// Moving a connection in the list is a change of priorities. Connections of one priority share the mail by weight; a move
// must not tear such a group apart, and a connection that is put inside a group joins it.
interface Ranked {
  id: number;
  priority: number;
}

const STEP = 10;

/** The new priorities of those that change, after `id` was moved to `to` in the list. */
export function moved(rows: readonly Ranked[], id: number, to: number): { id: number; priority: number }[] {
  const from = rows.findIndex((row) => row.id === id);
  if (from < 0) return [];
  const place = Math.max(0, Math.min(rows.length - 1, to));
  if (place === from) return [];
  const order = rows.filter((row) => row.id !== id);
  order.splice(place, 0, rows[from]!);

  const above = order[place - 1];
  const below = order[place + 1];
  const joins = above && below && above.priority === below.priority;
  let rank = 0;
  const ranks = order.map((row, index) => {
    const before = order[index - 1];
    if (index > 0) {
      const mine = row.id === id;
      const besideMine = before!.id === id;
      const tied = mine || besideMine ? joins : before!.priority === row.priority;
      if (!tied) rank += 1;
    }
    return { id: row.id, rank };
  });
  return ranks
    .map(({ id: of, rank: at }) => ({ id: of, priority: (at + 1) * STEP }))
    .filter(({ id: of, priority }) => rows.find((row) => row.id === of)!.priority !== priority);
}

export function inOrder<Row extends Ranked>(rows: readonly Row[], changes: readonly { id: number; priority: number }[]): Row[] {
  const priority = (row: Row) => changes.find((change) => change.id === row.id)?.priority ?? row.priority;
  return rows.map((row) => ({ ...row, priority: priority(row) })).sort((a, b) => a.priority - b.priority || a.id - b.id);
}
