// Outcomes of commands as they travel: plain JSON, stamped with the gateway's clock.
import type { Outcome } from '#model';
import { type Refusal, refusals } from './command.ts';
import { timestamp } from './event.ts';

/** Outcomes beyond this many characters are not sent. */
const maxOutcomeLength = 262_144;

/** The outcome of a command that was not run, or whose outcome is not there. */
export function refusalOf(id: string, reason: Refusal, result: 'refused' | 'failed' = 'refused'): Outcome {
  return { id, result, reason: `command.${reason}`, message: refusals[reason] };
}

/** The payload: the outcome under the command's own id, with `time`, the gateway's wall clock. */
export function encodeOutcome(id: string, outcome: Outcome, now: number): string {
  const text = JSON.stringify({ ...outcome, id, time: timestamp(now) ?? null });
  return text.length <= maxOutcomeLength ? text : encodeOutcome(id, refusalOf(id, 'outcome-too-large', 'failed'), now);
}
