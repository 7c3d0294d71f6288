// The life of the connection: opened, given up when the disk fails or the file is damaged, opened again for as long as it takes.
import { type Clock, messageOf, openBackoff } from '#base';
import type { Again } from './database.ts';
import { DamageFound, isUnreadable, mishapOf } from './mishap.ts';
import type { FromThread } from './protocol.ts';
import { openSession, type Session, type SessionDeps, type ThreadOptions } from './session.ts';

/** What the life needs. */
export interface LifeDeps extends Omit<SessionDeps, 'onMarks' | 'monotonicMs'> {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  send(message: FromThread): void;
}

const reopen = { minMs: 100, maxMs: 5000 };
/** A file that is damaged again so soon after a salvage waits: each salvage leaves a file behind. */
const salvageEveryMs = 600_000;
/** A file with places that could not be read so often is in doubt. */
const unreadableAtMost = 3;
/** After so long without another, a bad read is forgotten; and so long a whole look at the file is worth something. */
const memoryMs = 600_000;

export type Life = ReturnType<typeof openLife>;

/** Opens the file for the first time. @throws store.unopened, store.newer, and what the rooms throw */
export function openLife(options: ThreadOptions, deps: LifeDeps) {
  const { clock, send } = deps;
  const backoff = openBackoff(reopen, deps.random);
  let lastError = '';
  let toldReason: '' | 'full' | 'io' = '';
  let toldDisk = { isLow: false, isLogHeld: false };
  let salvagedAtMs = Number.NEGATIVE_INFINITY;
  let seenSoundAtMs = Number.NEGATIVE_INFINITY;
  const bad = openBadReads(clock);
  let isOver = false;
  let session: Session | undefined = open();

  function open(again?: Again): Session {
    const world: SessionDeps = { ...deps, monotonicMs: clock.monotonicMs, onMarks: (marks) => send({ type: 'marks', marks }) };
    const opened = openSession(options, world, again);
    send({ type: 'marks', marks: opened.marks });
    return opened;
  }
  function tellDisk(): void {
    if (!session) return;
    const room = { ...session.space.disk(), ...session.upkeep.log() };
    if (room.isLow === toldDisk.isLow && room.isLogHeld === toldDisk.isLogHeld) return;
    toldDisk = room;
    send({ type: 'disk', room });
  }
  function tellHealth(): void {
    tellDisk();
    const problem = session?.space.problem() ?? '';
    const reason = session ? (problem === '' ? '' : 'full') : 'io';
    if (problem !== '') lastError = problem;
    if (reason === toldReason) return;
    toldReason = reason;
    send({ type: 'health', reason, lastError });
  }
  /** The connection is worth nothing: close it, and open another as soon as the disk allows. */
  function breakOff(error: unknown): void {
    const broken = session;
    session = undefined;
    lastError = messageOf(error);
    tellHealth();
    try {
      broken?.db.close();
    } catch {
      // The disk may refuse this too; the file is then as after a crash.
    }
    const isDoubtful = isUnreadable(error) && bad.count() >= unreadableAtMost;
    if (isDoubtful) bad.forget();
    clock.after(backoff.next(), () => openAgain(isDoubtful ? new DamageFound(lastError) : error));
  }
  function openAgain(cause: unknown): void {
    if (isOver) return;
    const isDamage = mishapOf(cause) === 'damage';
    if (isDamage && clock.monotonicMs() - salvagedAtMs < salvageEveryMs) {
      clock.after(reopen.maxMs, () => openAgain(cause));
      return;
    }
    // A look does not see everything, and one bad read does not make a damaged file: who is blamed twice is believed.
    const isBlamedTwice = clock.monotonicMs() - seenSoundAtMs < memoryMs;
    try {
      session = open({ cause, belief: isDamage ? (isBlamedTwice ? 'damaged' : 'doubtful') : 'well' });
      if (session.isSalvaged) salvagedAtMs = clock.monotonicMs();
      else if (isDamage) seenSoundAtMs = clock.monotonicMs();
      backoff.reset();
      tellHealth();
    } catch (error) {
      lastError = messageOf(error);
      clock.after(backoff.next(), () => openAgain(cause));
    }
  }
  return {
    /** The open file; undefined while the disk fails. */
    session: (): Session | undefined => session,
    lastError: (): string => lastError,
    breakOff,
    /** Tells the main thread what has changed. */
    tellHealth,
    /** Does something for the file that nobody waits for; what goes wrong with it is met here. */
    attempt(act: (session: Session) => boolean): boolean {
      if (!session) return false;
      try {
        return act(session);
      } catch (error) {
        if (mishapOf(error) === 'full') session.space.relieve();
        else breakOff(error);
        return false;
      }
    },
    end(): void {
      isOver = true;
      try {
        session?.close();
      } catch {
        // As after a crash; the next start finds all that was committed.
      }
      session = undefined;
    },
  };
}

/** Counts places that could not be read, as long as they follow each other closely. */
function openBadReads(clock: Pick<Clock, 'monotonicMs'>) {
  let bad = 0;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  return {
    count(): number {
      const nowMs = clock.monotonicMs();
      bad = nowMs - lastAtMs < memoryMs ? bad + 1 : 1;
      lastAtMs = nowMs;
      return bad;
    },
    forget(): void {
      bad = 0;
    },
  };
}
