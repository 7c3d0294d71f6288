// What the thread remembers of each destination and a crash forgets: who has been handed what, and how far each lane has been walked.
import type { EntryClass } from '#model';

/** A claimed entry: its names at the hub, and what its way out needs. */
export interface Claimed {
  readonly class: EntryClass;
  readonly sequence: number;
  /** Where it lay when it was claimed; it may have been moved to a graver lane since. */
  readonly stored: number;
  readonly subject: string | null;
  /** Of the marks, when it was claimed. */
  readonly generation: number;
}

/** The marks of one destination's slot. */
export interface Marks {
  readonly claimed: Map<number, Claimed>;
  /** By lane of the way: all that may be claimed up to there is claimed. */
  readonly floors: number[];
  /** What became claimable behind a floor since. Bounded; beyond it the floors are lowered. */
  readonly loose: Set<number>;
  /** Of the past, but made graver since: they travel with the live critical ones. Bounded; beyond it they travel as what they are. */
  readonly hastened: Set<number>;
  /** The last claim: tried again under its ticket, it gives back what it had marked. */
  last: { ticket: number; readonly seqs: number[] };
  /** What each call confirmed or set aside since the last claim: whether its transaction was undone is seen by the first of it. */
  unproved: (readonly number[])[];
  past: number;
  /** Grows with each release of what is unconfirmed. */
  generation: number;
  /** What readings are owed of the slots, in slots. */
  credit: number;
}

/** The marks of all slots. */
export interface Memory {
  of(slot: number): Marks;
  /** Something at `seq` became claimable, perhaps behind where its lane has been walked. */
  loosen(slot: number, seq: number): void;
  hasten(slot: number, seq: number): void;
  /** Whether any destination holds it. */
  isClaimed(seq: number): boolean;
  /** Whether there may be dead letters. */
  hasDead: boolean;
}

const maxHastened = 1000;
const maxLoose = 1000;

/** Opens an empty memory. */
export function openMemory(slots: readonly number[], hasDead: boolean): Memory {
  const bySlot = new Map(slots.map((slot) => [slot, freshMarks()]));
  const of = (slot: number): Marks => bySlot.get(slot) ?? freshMarks();
  return {
    of,
    hasDead,
    loosen: (slot, seq) => loosen(of(slot), seq),
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
    loose: new Set(),
    floors: Array.from({ length: 8 }, () => 0),
    hastened: new Set(),
    last: { ticket: 0, seqs: [] },
    unproved: [],
    past: 0,
    generation: 0,
    credit: 0,
  };
}

/** What lies at `seq` is found by the next claim, wherever the floors are. */
export function loosen({ loose, floors }: Marks, seq: number): void {
  loose.add(seq);
  if (loose.size <= maxLoose) return;
  const first = Math.min(...loose);
  for (const [lane, floor] of floors.entries()) if (floor >= first) floors[lane] = first - 1;
  loose.clear();
}

/** What ended before `past` is of the past from now on, and all lanes are walked anew. */
export function turnPage(marks: Marks, past: number): void {
  marks.past = past;
  marks.hastened.clear();
  walkAnew(marks);
}

/** No lane counts as walked. */
export function walkAnew({ floors, loose }: Marks): void {
  floors.fill(0);
  loose.clear();
}

/** Makes claimed entries claimable again. */
export function giveBack(marks: Marks, seqs: readonly number[]): void {
  for (const seq of seqs) if (marks.claimed.delete(seq)) loosen(marks, seq);
}
