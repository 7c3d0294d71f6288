// The known words that a misspelt one most likely means.

/** The word of `known` within a third of the length of `word` in edits (at least 1, at most 4); undefined when none is so near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) return undefined;
  const allowed = Math.min(4, Math.max(1, Math.floor(word.length / 3)));
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = edits(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed && (!best || distance < best.distance)) best = { word: candidate, distance };
  }
  return best?.word;
}

/** Of `known` the names that were most likely meant, at most five: the nearest one, or else those that have the word in them or are in it. Empty when there are none. */
export function nearestNames(word: string, known: readonly string[]): readonly string[] {
  const near = nearest(word, known);
  if (near !== undefined) return [near];
  const stem = word.toLowerCase();
  if (stem.length < 3) return [];
  return known.filter((name) => name.includes(stem) || stem.includes(name)).slice(0, 5);
}

/** Levenshtein's distance: insertions, deletions and exchanges of one character. */
function edits(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const exchange = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(exchange, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
