// The lane of one camera's conditions: told in their order beside its alarms, for a store that is sick settles a condition only when it is well again.
import type { Log } from '#base';
import type { Condition } from '#model';

/** Takes conditions; nobody waits for them. */
export interface ConditionLane {
  /** Of 64 and more that wait, the newest step of each is kept, of 512 at most. What waits when `signal` aborts is given up. */
  hand(step: Condition, signal: AbortSignal): void;
}

const crowd = 64;
/** As many as the board has origins. */
const maxWaiting = 512;

interface Waiting {
  readonly step: Condition;
  readonly signal: AbortSignal;
}

/** Opens it. `send` resolves after the commit and rejects with the reason of the signal alone. */
export function openConditionLane(send: (step: Condition, signal: AbortSignal) => Promise<void>, log: Log): ConditionLane {
  /** The first is under way. */
  const waiting: Waiting[] = [];
  const drain = async (): Promise<void> => {
    for (let next = waiting[0]; next; next = waiting[0]) {
      // An end that was ordered is no fault; what stands is told again after the start.
      if (!next.signal.aborted) await send(next.step, next.signal).catch(() => {});
      waiting.shift();
    }
  };
  return {
    hand(step, signal) {
      if (waiting.length >= crowd) leaveOut(waiting, step);
      if (waiting.length >= maxWaiting) {
        const [lost] = waiting.splice(1, 1);
        log.error({ device: step.device, kind: lost?.step.kind, channel: lost?.step.channel }, 'a condition is dropped: too many wait');
      }
      waiting.push({ step, signal });
      if (waiting.length === 1) void drain();
    },
  };
}

/** An older step of the same condition, but for the one that is under way. */
function leaveOut(waiting: Waiting[], { device, channel, kind }: Condition): void {
  const at = waiting.findLastIndex(({ step }) => step.device === device && step.channel === channel && step.kind === kind);
  if (at > 0) waiting.splice(at, 1);
}
