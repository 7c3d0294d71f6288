// What a session takes ahead: entries that wait here for a slot, so that one which is given back is filled at once; bounded in number and in bytes.

/** Entries of like rank that were taken and are not answered. */
export interface Ahead {
  /** So many may wait at once. */
  readonly entries: number;
  /** So many bytes may still be taken; 0 when no more may. One entry may pass it. */
  readonly bytes: number;
  /** An entry of so many bytes was taken, or is tried again after it was put off. */
  enter(bytes: number): void;
  /** It was answered, put off or lost. */
  leave(bytes: number): void;
  /** The broker took one while others waited: more of them may, so that the store's commits do not hold up a fast line. */
  grow(): void;
  /** The broker refused one, or put it off: it gets no more than at the beginning. */
  shrink(): void;
}

/** Bounds of what is taken. */
export interface AheadLimits {
  /** At the beginning. */
  readonly entries: number;
  /** After as many more were taken in a row. */
  readonly most: number;
  readonly bytes: number;
}

export function openAhead(limits: AheadLimits): Ahead {
  let { entries } = limits;
  let held = 0;
  return {
    get entries() {
      return entries;
    },
    get bytes() {
      return Math.max(0, limits.bytes - held);
    },
    enter(bytes) {
      held += bytes;
    },
    leave(bytes) {
      held -= bytes;
    },
    grow() {
      entries = Math.min(limits.most, entries + 1);
    },
    shrink() {
      entries = limits.entries;
    },
  };
}
