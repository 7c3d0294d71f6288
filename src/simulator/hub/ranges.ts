// Pure bookkeeping of numbers that should come without holes: which came, which are missing, which came late.

/** Numbers seen, as ascending ranges that do not touch. At most 1,000 ranges: the two lowest are then joined and their hole is forgiven. */
export interface Ranges {
  readonly spans: (readonly [low: number, high: number])[];
}

const maxSpans = 1000;

/** Adds a number. `late`: a greater one came before; `again`: it was there. */
export function addNumber(ranges: Ranges, value: number): 'next' | 'late' | 'again' {
  const { spans } = ranges;
  const at = spans.findIndex(([, high]) => value <= high + 1);
  const highest = spans.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY;
  if (at < 0) {
    spans.push([value, value]);
    const [first, second] = spans;
    if (spans.length > maxSpans && first && second) spans.splice(0, 2, [first[0], second[1]]);
    return 'next';
  }
  const [low, high] = spans[at] ?? [value, value];
  if (value >= low && value <= high) return 'again';
  if (value < low - 1) {
    spans.splice(at, 0, [value, value]);
    return 'late';
  }
  const next = spans[at + 1];
  const joins = value === high + 1 && next !== undefined && next[0] === value + 1;
  spans.splice(at, joins ? 2 : 1, [Math.min(low, value), joins ? next[1] : Math.max(high, value)]);
  return value > highest ? 'next' : 'late';
}

/** A hole of so many is none: a gateway whose store has lost its memory leaps (docs/contract). */
const leap = 100_000_000;

/** How many numbers between the lowest and the highest never came, leaps apart. */
export function missingNumbers(ranges: Ranges): number {
  let missing = 0;
  for (const [index, [low]] of ranges.spans.entries()) {
    const before = ranges.spans[index - 1];
    const hole = before ? low - before[1] - 1 : 0;
    if (hole < leap) missing += hole;
  }
  return missing;
}
