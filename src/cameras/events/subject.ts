// What events are about: alarms, conditions that a camera says of itself, and facts that stay at the site; and how a topic says it.
import type { AlarmKind, ConditionKind, Severity } from '#model';

/** Conditions that a camera says of itself. */
export type SaidCondition = Extract<ConditionKind, 'video-loss' | 'storage-failure' | 'camera-fault' | 'camera-login-failures'>;

/** What is worth knowing at the site and never sent: an output of the camera switched, the camera started anew. */
export type Fact = 'relay' | 'reboot';

/** What a sighting is about. */
export type Subject = { readonly alarm: AlarmKind } | { readonly condition: SaidCondition } | { readonly fact: Fact };

/** A kind by its name alone. */
export type SubjectKind = AlarmKind | SaidCondition | Fact;

/** What a topic means. */
export interface TopicMeaning {
  /** Local names, compared without regard to case; `*` stands for one segment, at the end for one or more. */
  readonly topic: string;
  /** What it is about; without, it is known and of no interest here. */
  readonly about?: Subject;
  /** Names of the data item that carries the state, the first that is there holds. None there: a pulse, or a property that is on as long as it exists. */
  readonly state: readonly string[];
  /** Values that mean active; all others then mean inactive. Without: true, 1, active, on against false, 0, inactive, off. */
  readonly active?: readonly string[];
  readonly severity?: Severity;
  /** Instead of the video source: the point of the device that it is about. */
  readonly point?: string;
  /** The last segment is the name of the site's own rule (Bosch). */
  readonly namedRule?: true;
}

/** Names by which the state of most topics goes. */
export const opinion: readonly string[] = ['State', 'IsMotion', 'Motion', 'active', 'Active', 'Value'];

/** The name of what a sighting is about. */
export function kindOf(about: Subject): SubjectKind {
  if ('alarm' in about) return about.alarm;
  return 'condition' in about ? about.condition : about.fact;
}
