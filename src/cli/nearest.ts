/** The known word that is most similar to `word`; null where none is similar enough. */
export function nearest(word: string, known: readonly string[]): string | null {
  const given = word.toLowerCase().slice(0, 40);
  if (given.length < 2) return null;
  let best: string | null = null;
  // A third of the letters may differ, and at least one.
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const one of known) {
    const begins = one.length > 2 && (given.startsWith(one) || one.startsWith(given));
    const edits = distance(given, one.toLowerCase());
    const counted = begins ? Math.min(edits, 1) : edits;
    if (counted < least) {
      best = one;
      least = counted;
    }
  }
  return best;
}

/** Number of insertions, deletions, changes and swaps of neighbors (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let last: number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (now[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      now.push(cost);
    }
    before = last;
    last = now;
  }
  return last[other.length] ?? 0;
}
