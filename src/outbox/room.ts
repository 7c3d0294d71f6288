// Room: before the file is full, what may give way does, in the order of invariant 2, and is counted into gaps: first what the hub has already.
import type { Database } from 'better-sqlite3';
import type { Space, ThreadWorld } from '#store';
import type { Destinations } from './destinations.ts';
import { bitOf } from './destinations.ts';
import type { Gathering } from './gaps.ts';
import { turns } from './gives-way.ts';
import type { Memory } from './memory.ts';
import { givingWay, openHadByFirst } from './schema.ts';
import { type Owed, openTallies, type Settling, type Tally } from './settle.ts';

/** What the making of room needs. */
export interface RoomDeps {
  readonly memory: Memory;
  readonly settling: Settling;
  gaps(): Gathering;
  /** Forgets up to `limit` rows of confirmed history, the oldest first; answers how many, or that it has not looked at all of it yet. */
  forgetHistory(limit: number): number | 'looking';
  /** Forgets up to `limit` rows of what goes only when no entry may give way any more; answers how many. */
  forgetLast(limit: number): number;
}

/** Room for entries. */
export interface Room {
  /** Makes room for an entry of `bytes`; false when nothing may give way any more and it does not fit. The `last` may take what others leave as a margin. */
  make(bytes: number, options?: { readonly last?: boolean }): boolean;
}

const atOnce = 256;
/** Bound of one call; the next goes on. */
const maxSteps = 16;
const leastLowBytes = 256 * 2 ** 10;
const mostLowBytes = 4 * 2 ** 20;
/** What an append and its neighbours in other rooms' tables may take at most, beside the entry's own text. */
const marginBytes = 128 * 2 ** 10;
const lastMarginBytes = 16 * 2 ** 10;
/** What an entry costs beside its text. */
const rowBytes = 512;

/** Opens the making of room. It looks at the file rarely while there is plenty. */
export function openRoom(db: Database, world: ThreadWorld, destinations: Destinations, deps: RoomDeps): Room {
  const remove = openRemoval(db, destinations, deps);
  let unwatched = 0;
  const lowOf = ({ limitBytes, reservedBytes }: Space): number =>
    Math.min(mostLowBytes, Math.max(leastLowBytes, (limitBytes - reservedBytes) / 32));

  return {
    make(bytes, { last = false } = {}) {
      unwatched -= bytes + rowBytes;
      if (unwatched > 0) return true;
      let space = world.space();
      const low = lowOf(space);
      // A reserved call sees the reserve too: what others may write without a look is reckoned without it.
      unwatched = Math.min(mostLowBytes, (space.freeBytes - space.reservedBytes - low) / 4);
      const needed = (last ? lastMarginBytes : marginBytes) + 4 * bytes;
      for (let step = 0; step < maxSteps && space.freeBytes < low; step += 1) {
        if (step > 0 && space.freeBytes >= needed) break;
        const gone = remove.had(atOnce) || deps.forgetHistory(atOnce) || remove.waiting(atOnce) || deps.forgetLast(atOnce);
        if (gone === 0) break;
        space = world.space();
      }
      return space.freeBytes >= needed;
    },
  };
}

/** Removes up to `limit` entries that give way, never one that is on its way. Each answers how many. */
interface Removal {
  /** What the first destination, the hub, has, and only others are owed: a dead one of these must not cost the hub an alarm. By age, of any severity. */
  had(limit: number): number;
  /** What the hub is owed too, by turns and age. */
  waiting(limit: number): number;
}

function openRemoval(db: Database, destinations: Destinations, { memory, settling, gaps }: RoomDeps): Removal {
  const next = db.prepare<[number, number, number], number>(givingWay).pluck();
  const nextHad = openHadByFirst(db, destinations.slots);
  const forgetLetter = db.prepare<[number, number]>('DELETE FROM outbox_dead WHERE seq = ? AND slot = ? AND dropped_time IS NULL');
  const tallies = openTallies(db);

  function removeOne(entry: Owed, tally: Tally, missing: Gathering): void {
    for (const slot of destinations.slots) {
      const isOwed = (entry.owed & bitOf(slot)) !== 0;
      if (isOwed) settling.leaveTurn(slot, entry);
      else if (forgetLetter.run(entry.seq, slot).changes === 0) continue;
      missing.note(slot, entry.seq);
      tally.add(slot, entry.class, { confirmed: 1, dead: isOwed ? 0 : -1 });
    }
    settling.setOwed(entry, 0);
    tally.add(destinations.slots[0] ?? 0, entry.class, { gone: true });
  }
  function removeNext(page: (after: number) => readonly number[], limit: number, tally: Tally, missing: Gathering): number {
    let removed = 0;
    for (let after = 0, seqs = page(after); seqs.length > 0 && removed < limit; seqs = page(after)) {
      for (const seq of seqs) {
        after = seq;
        const entry = memory.isClaimed(seq) ? undefined : settling.find(seq);
        if (!entry) continue;
        removeOne(entry, tally, missing);
        removed += 1;
        if (removed >= limit) break;
      }
    }
    return removed;
  }
  function counted(act: (tally: Tally, missing: Gathering) => number): number {
    const tally = tallies();
    const missing = gaps();
    const removed = act(tally, missing);
    tally.write();
    missing.write();
    return removed;
  }
  return {
    had: (limit) => counted((tally, missing) => removeNext((after) => nextHad(after, atOnce), limit, tally, missing)),
    waiting: (limit) =>
      counted((tally, missing) => {
        let removed = 0;
        for (const turn of turns) {
          removed += removeNext((after) => next.all(turn, after, atOnce), limit - removed, tally, missing);
          if (removed >= limit) break;
        }
        return removed;
      }),
  };
}
