// The life of an alarm as a pure rule: what a report does to the point that it speaks of.
import type { Detail, Report, Severity } from '#model';
import { sameDetail } from './detail.ts';

/** The open alarm of a point. */
export interface OpenState {
  readonly severity: Severity;
  readonly detail: Detail;
  /** It outlives the device's end until a person resets it. */
  readonly latched: boolean;
  /** The device says that it is over. */
  readonly ended: boolean;
}

/** A report, as far as the rule needs it: its severity resolved, its detail bounded. */
export interface Sighting {
  readonly state: Report['state'];
  readonly occurrence: string | undefined;
  readonly severity: Severity;
  readonly detail: Detail | undefined;
}

/** `hold`: it is over for the device, and the latch keeps it. */
export type Act = 'raise' | 'update' | 'clear' | 'hold' | 'pulse' | 'nothing';

/**
 * The rule, for an occurrence that was not seen before.
 * Whoever names the occurrence means a new happening: it is told on (`update`) even when nothing about the open alarm changed, so that none is lost.
 * Without a name only a change counts. A pulse is an alarm of its own and leaves an open one alone.
 */
export function decide(sighting: Sighting, standing: OpenState | undefined): Act {
  if (sighting.state === 'pulse') return 'pulse';
  if (sighting.state === 'inactive') return standing ? endOf(standing) : 'nothing';
  if (!standing) return 'raise';
  return standing.ended || sighting.occurrence !== undefined || differs(sighting, standing) ? 'update' : 'nothing';
}

function endOf({ latched, ended }: OpenState): Act {
  if (!latched) return 'clear';
  return ended ? 'nothing' : 'hold';
}

/**
 * Whether a key that was seen before, with the alarm `first`, names the same happening again; `open` is the alarm that stands on the point.
 * The sender's own key does for good. One made of the message's words does while the state that it brought about lasts: after that the same words
 * are news, and a true alarm is never taken for a retry of one that is over.
 */
export function isRetry(
  { state, occurrenceKind }: Pick<Report, 'state' | 'occurrenceKind'>,
  first: string | undefined,
  open: string | undefined,
): boolean {
  if (occurrenceKind !== 'derived' || state === 'pulse') return true;
  return state === 'active' ? open !== undefined && open === first : open === undefined;
}

function differs(sighting: Sighting, standing: OpenState): boolean {
  return sighting.severity !== standing.severity || (sighting.detail !== undefined && !sameDetail(sighting.detail, standing.detail));
}
