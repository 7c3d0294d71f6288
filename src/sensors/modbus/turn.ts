// Whose turn it is on a bus, pure: alarm units first, dead units seldom, nobody forgotten.

/** What is remembered of a unit between polls. Times are monotonic milliseconds. */
export interface Turn {
  /** The template can raise a critical alarm. */
  readonly critical: boolean;
  readonly dueAt: number;
  /** Unanswered polls in a row. */
  readonly failures: number;
}

/** A unit that is not critical and waited for so long goes before the critical ones. */
const patienceMs = 5000;

/** Wait after the third, fourth and every further failure in a row, so that a dead unit never slows the living. */
const backOffMs = [10_000, 60_000, 300_000];

/** The unit to poll now; undefined when none is due. */
export function chooseTurn<T extends Turn>(turns: readonly T[], nowMs: number): T | undefined {
  const rank = (turn: Turn): number => turn.dueAt - (turn.critical ? patienceMs : 0);
  let best: T | undefined;
  for (const turn of turns) {
    if (turn.dueAt <= nowMs && (best === undefined || rank(turn) < rank(best))) best = turn;
  }
  return best;
}

/** Milliseconds until a unit is asked again. `failures` counts the poll that just ended. */
export function waitAfterPoll(failures: number, pollIntervalMs: number): number {
  if (failures < 3) return pollIntervalMs;
  return Math.max(pollIntervalMs, backOffMs[Math.min(failures - 3, backOffMs.length - 1)] ?? 0);
}
