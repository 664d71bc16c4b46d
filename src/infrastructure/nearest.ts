/** Edits between two texts: letters inserted, removed or replaced. Works on what people type, so a plain table is enough. */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = previous[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[other.length]!;
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
