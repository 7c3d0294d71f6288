// Readings: what a sensor measures, and the account of entries that had to give way.

/** One measured value. */
export interface Reading {
  readonly device: string;
  /** The device's point. Same form as an id. */
  readonly channel: string;
  /** What is measured: `temperature`, `hydrant-pressure`. Same form as an id. */
  readonly kind: string;
  readonly value: number;
  /** UCUM, case-sensitive: `Cel`, `kPa`, `%`. */
  readonly unit: string;
  readonly quality: 'good' | 'uncertain' | 'bad';
  /** When it was observed, wall milliseconds. */
  readonly time: number;
}

/** What left the outbox undelivered, of one class: it grows, and is told again under a new entry id, as long as more goes. */
export interface Gap {
  /** Names the gap; the same while it grows: a later telling replaces the earlier. UUIDv7. */
  readonly gapId: string;
  /** Class of the missing entries. */
  readonly class: string;
  /** The least and the greatest `sequence` that is missing; entries between them may have arrived. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** How many entries are missing, exactly. 0 of a lapse, of which nobody can know. */
  readonly count: number;
  /** The same by kind, the class itself where an entry has no kind; their sum is `count`. */
  readonly kinds: Readonly<Record<string, number>>;
  /** When the oldest and the newest missing entry were recorded, wall milliseconds. */
  readonly from: number;
  readonly to: number;
  /**
   * The store lost its memory and its numbers leap: what has not come of those between first and last is not to be waited for. `file`: it was damaged, and what
   * was salvaged still comes; `log`: it lost its last commits; `restored`: a backup took its place.
   */
  readonly lapse?: 'file' | 'log' | 'restored';
}
