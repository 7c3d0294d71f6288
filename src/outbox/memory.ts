// What the thread remembers of each destination and a crash forgets: who has been handed what, and how far each lane has been walked.
// The invariant: of what may be claimed on a lane, all up to where it has been walked is claimed, but for what `behind` names.
import type { EntryClass } from '#model';
import { laneCount } from './lanes.ts';

/** A claimed entry: its names at the hub, and what its way out needs. */
export interface Claimed {
  readonly class: EntryClass;
  readonly sequence: number;
  /** The lane where it lay when it was claimed; it may have been moved to a graver one since. */
  readonly stored: number;
  readonly subject: string | null;
  /** Of the destination, when it was claimed. */
  readonly generation: number;
}

/** What is remembered of one destination, by its slot. */
export interface SlotMemory {
  readonly claimed: Map<number, Claimed>;
  /** By lane of the way: how far it has been walked, a position. */
  readonly walked: number[];
  /**
   * What became claimable since, perhaps behind where its lane has been walked, with the stored lane where that is known. Bounded; beyond it the lanes are
   * walked again from there.
   */
  readonly behind: Map<number, number | undefined>;
  /** Of the past, but made graver since: they travel with the live critical ones. Bounded; beyond it they travel as what they are. */
  readonly hastened: Set<number>;
  /** The last claim: tried again under its ticket, it gives back what it had claimed. */
  lastClaim: { ticket: number; readonly seqs: number[] };
  /** What each call confirmed or set aside since the last claim: whether its transaction was undone is seen by the first of it. */
  unproved: (readonly number[])[];
  /** Up to this position entries have waited for the line. */
  past: number;
  /** Grows with each release of what is unconfirmed. */
  generation: number;
  /** Slots that readings are owed. */
  owedToReadings: number;
}

/** What is remembered of all slots. */
export interface Memory {
  of(slot: number): SlotMemory;
  /** Something at `seq` became claimable, perhaps behind where its lane has been walked; `stored`: its lane, where that is at hand. */
  loosen(slot: number, seq: number, stored?: number): void;
  hasten(slot: number, seq: number): void;
  /** Whether any destination holds it. */
  isClaimed(seq: number): boolean;
  /** Whether there may be dead letters. */
  hasDead: boolean;
}

const maxHastened = 1000;
const maxBehind = 1000;

/** Opens an empty memory. */
export function openMemory(slots: readonly number[], hasDead: boolean): Memory {
  const bySlot = new Map(slots.map((slot) => [slot, emptyMemory()]));
  const of = (slot: number): SlotMemory => bySlot.get(slot) ?? emptyMemory();
  return {
    of,
    hasDead,
    loosen: (slot, seq, stored) => loosen(of(slot), seq, stored),
    hasten(slot, seq) {
      const { hastened } = of(slot);
      if (hastened.size < maxHastened) hastened.add(seq);
    },
    isClaimed: (seq) => [...bySlot.values()].some(({ claimed }) => claimed.has(seq)),
  };
}

function emptyMemory(): SlotMemory {
  return {
    claimed: new Map(),
    behind: new Map(),
    walked: Array.from({ length: laneCount }, () => 0),
    hastened: new Set(),
    lastClaim: { ticket: 0, seqs: [] },
    unproved: [],
    past: 0,
    generation: 0,
    owedToReadings: 0,
  };
}

/** What lies at `seq` is found by the next claim, however far its lane has been walked. */
export function loosen({ behind, walked }: SlotMemory, seq: number, stored?: number): void {
  behind.set(seq, stored);
  if (behind.size <= maxBehind) return;
  const first = Math.min(...behind.keys());
  for (const [lane, position] of walked.entries()) if (position >= first) walked[lane] = first - 1;
  behind.clear();
}

/** What ended before `past` is of the past from now on, and all lanes are walked anew. */
export function turnPage(own: SlotMemory, past: number): void {
  own.past = past;
  own.hastened.clear();
  walkAnew(own);
}

/** No lane counts as walked. */
export function walkAnew({ walked, behind }: SlotMemory): void {
  walked.fill(0);
  behind.clear();
}

/** Makes claimed entries claimable again. */
export function giveBack(own: SlotMemory, seqs: readonly number[]): void {
  for (const seq of seqs) if (own.claimed.delete(seq)) loosen(own, seq);
}
