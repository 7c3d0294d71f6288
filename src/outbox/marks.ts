// What the thread remembers of each destination and a crash forgets: who has been handed what, and how far each lane has been walked.
import type { EntryClass } from '#model';

/** Names a claimed entry as the hub does. */
export interface Claimed {
  readonly class: EntryClass;
  readonly sequence: number;
  /** Of the marks, when it was claimed. */
  readonly generation: number;
}

/** The marks of one destination's slot. */
export interface Marks {
  readonly claimed: Map<number, Claimed>;
  /** By lane of the way: all that may be claimed up to there is claimed. */
  readonly floors: number[];
  /** Of the past, but made graver since: they travel with the live critical ones. Bounded; beyond it they travel as what they are. */
  readonly hastened: Set<number>;
  /** The last claim: tried again under its ticket, it gives back what it had marked. */
  last: { ticket: number; readonly seqs: number[] };
  /** Confirmed or set aside since the last look, as long as that is not certain to have been committed. */
  unproved: number[];
  past: number;
  /** Grows with each release of what is unconfirmed. */
  generation: number;
  /** What readings are owed of the slots, in slots. */
  credit: number;
}

/** The marks of all slots. */
export interface Memory {
  of(slot: number): Marks;
  /** Something at `seq` became claimable: no lane counts as walked beyond it. */
  lower(slot: number, seq: number): void;
  hasten(slot: number, seq: number): void;
  /** Whether any destination holds it. */
  isClaimed(seq: number): boolean;
}

const maxHastened = 1000;

/** Opens an empty memory. */
export function openMemory(slots: readonly number[]): Memory {
  const bySlot = new Map(slots.map((slot) => [slot, freshMarks()]));
  const of = (slot: number): Marks => bySlot.get(slot) ?? freshMarks();
  return {
    of,
    lower: (slot, seq) => lowerFloors(of(slot), seq),
    hasten(slot, seq) {
      const { hastened } = of(slot);
      if (hastened.size < maxHastened) hastened.add(seq);
    },
    isClaimed: (seq) => [...bySlot.values()].some(({ claimed }) => claimed.has(seq)),
  };
}

function freshMarks(): Marks {
  return {
    claimed: new Map(),
    floors: Array.from({ length: 8 }, () => 0),
    hastened: new Set(),
    last: { ticket: 0, seqs: [] },
    unproved: [],
    past: 0,
    generation: 0,
    credit: 0,
  };
}

/** No lane counts as walked beyond `seq`. */
export function lowerFloors({ floors }: Marks, seq: number): void {
  for (const [lane, floor] of floors.entries()) if (floor >= seq) floors[lane] = seq - 1;
}

/** What ended before `past` is of the past from now on, and all lanes are walked anew. */
export function turnPage(marks: Marks, past: number): void {
  marks.past = past;
  marks.floors.fill(0);
  marks.hastened.clear();
}

/** Makes claimed entries claimable again. */
export function giveBack(marks: Marks, seqs: readonly number[]): void {
  for (const seq of seqs) {
    if (marks.claimed.delete(seq)) lowerFloors(marks, seq);
  }
}
