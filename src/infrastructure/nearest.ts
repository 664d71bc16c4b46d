/**
 * Edits between two texts: letters inserted, removed, replaced, or exchanged with their neighbour. Works on what people type, so a plain
 * table is enough.
 */
function distance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row++) {
    const previous = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = previous[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      const isExchange =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const exchanged = isExchange ? rows[row - 2]![column - 2]! + 1 : Infinity;
      current.push(Math.min(replaced, exchanged, previous[column]! + 1, current[column - 1]! + 1));
    }
    rows.push(current);
  }
  return rows[one.length]![other.length]!;
}

/** Text longer than this was not mistyped, it is something else. */
const LONGEST = 64;

/**
 * The candidate that was probably meant: the one with the fewest edits, without regard to case, if these are at most a third of the
 * longer text; undefined if none is that close.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > LONGEST) return undefined;
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const edits = distance(text.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(text.length, candidate.length) / 3) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}
