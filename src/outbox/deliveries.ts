// What a delivery tells the outbox: the destination has an entry, will never take it, or was cut off; and the turn that tells and claims in one call.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { ThreadWorld } from '#store';
import { outboxTopic } from './append.ts';
import { type ClaimAsk, type ClaimOptions, openClaim } from './claims.ts';
import { openRefusals, type Refusal } from './dead.ts';
import { bitOf, type Destinations } from './destinations.ts';
import { giveBack, type Memory, walkAnew } from './memory.ts';
import type { EntryRow } from './ready.ts';
import { openTallies, type Settling } from './settle.ts';

/** Entries of one destination by their position. */
export interface Positions {
  readonly destination: string;
  readonly seqs: readonly number[];
}

/** Entries of one destination as the hub names them: from and to, both included. At most 1,000 ranges. */
export interface Ranges {
  readonly destination: string;
  readonly class: EntryClass;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** What a destination will not take as it is. */
export interface Refusals {
  readonly destination: string;
  readonly items: readonly Refusal[];
}

/** A whole turn of a delivery: first what became of the last ones, then the next. */
export interface Turn {
  readonly destination: string;
  readonly ticket: number;
  readonly confirm: readonly number[];
  readonly setAside: readonly Refusal[];
  readonly claim: ClaimOptions;
}

const maxRanges = 1000;

/** Opens the procedures that deliver. */
export function openDeliveries(db: Database, world: ThreadWorld, destinations: Destinations, memory: Memory, settling: Settling) {
  const claim = openClaim(db, destinations, memory);
  const refuse = openRefusals(db, world, memory, settling);
  const tallies = openTallies(db);

  function confirm({ destination, seqs }: Positions): number {
    const slot = destinations.slotOf(destination);
    const own = memory.of(slot);
    const tally = tallies();
    const counted: number[] = [];
    for (const seq of seqs) {
      const claimed = own.claimed.get(seq);
      own.claimed.delete(seq);
      const left = claimed && settling.leaveClaimed(slot, seq, claimed);
      const entry = left === undefined ? settling.find(seq) : undefined;
      if (left === undefined && !(entry && settling.leaveTurn(slot, entry))) continue;
      counted.push(seq);
      own.hastened.delete(seq);
      if (entry) tally.add(slot, entry.class, { confirmed: 1, gone: settling.setOwed(entry, entry.owed & ~bitOf(slot)) });
      else if (claimed) tally.add(slot, claimed.class, { confirmed: 1, gone: left ?? false });
    }
    tally.write();
    if (counted.length > 0) own.unproved.push(counted);
    return counted.length;
  }
  function setAside({ destination, items }: Refusals): void {
    const slot = destinations.slotOf(destination);
    const tally = tallies();
    const refused = items.filter((item) => refuse(slot, item, tally)).map(({ seq }) => seq);
    tally.write();
    if (refused.length > 0) memory.of(slot).unproved.push(refused);
  }

  return {
    /** The gravest lane first, then the oldest; of each subject only its oldest unconfirmed entry; readings get a twentieth behind live critical alarms. */
    claim: (ask: ClaimAsk): readonly EntryRow[] => claim(ask),
    /** Counts only what was owed and in its subject's turn: again or out of turn it does nothing. Answers how many were counted. */
    confirm,
    /** Confirms what is claimed and lies in the ranges; what was never handed out cannot have arrived. Answers how many were counted. */
    confirmRanges({ destination, class: name, ranges }: Ranges): number {
      const { claimed } = memory.of(destinations.slotOf(destination));
      const sorted = joined(ranges.slice(0, maxRanges));
      const seqs = [...claimed].filter(([, entry]) => entry.class === name && isWithin(sorted, entry.sequence)).map(([seq]) => seq);
      return confirm({ destination, seqs: seqs.toSorted((one, other) => one - other) });
    },
    /** Makes claimed entries claimable again. */
    release({ destination, seqs }: Positions): void {
      giveBack(memory.of(destinations.slotOf(destination)), seqs);
      world.announce(outboxTopic);
    },
    /** Makes claimable again what was claimed before the call before this one, but not `except`. Answers how many. */
    releaseUnconfirmed({ destination, except }: { readonly destination: string; readonly except: readonly number[] }): number {
      const own = memory.of(destinations.slotOf(destination));
      const kept = new Set(except);
      const stale: number[] = [];
      // In the order of the claims.
      for (const [seq, { generation }] of own.claimed) {
        if (generation >= own.generation) break;
        if (!kept.has(seq)) stale.push(seq);
      }
      own.generation += 1;
      giveBack(own, stale);
      if (stale.length > 0) world.announce(outboxTopic);
      return stale.length;
    },
    /** Makes all that `destination` has claimed claimable again. */
    releaseAll({ destination }: { readonly destination: string }): void {
      const own = memory.of(destinations.slotOf(destination));
      own.claimed.clear();
      walkAnew(own);
      world.announce(outboxTopic);
    },
    /** Makes dead letters of claimed entries: owed no more, kept for a person, in nobody's way. */
    setAside,
    /** Confirms, sets aside and claims. */
    turn({ destination, ticket, ...told }: Turn): readonly EntryRow[] {
      if (told.confirm.length > 0) confirm({ destination, seqs: told.confirm });
      if (told.setAside.length > 0) setAside({ destination, items: told.setAside });
      return claim({ destination, ticket, ...told.claim });
    },
    /** How many entries a destination has claimed. */
    claimedBy: (destination: string): number => memory.of(destinations.slotOf(destination)).claimed.size,
  };
}

/** The same ranges by their beginning, those that overlap as one. */
function joined(ranges: Ranges['ranges']): Ranges['ranges'] {
  const all: [from: number, to: number][] = [];
  for (const [from, to] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all.filter(([from, to]) => from <= to);
}

/** Whether `sequence` lies in one of `ranges`, which are in order and do not overlap. */
function isWithin(ranges: Ranges['ranges'], sequence: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[0] ?? 0) <= sequence) low = middle + 1;
    else high = middle;
  }
  return (ranges[low - 1]?.[1] ?? -1) >= sequence;
}
