// Whether a sensor answers and what it complains of, pure: silence after so many polls, faults by name.
import { isSameText, type Text } from '#base';

/** What is remembered of a sensor's health; undefined parts were never said, so the first decision is. */
export interface HealthState {
  readonly failures: number;
  readonly silent: boolean | undefined;
  readonly fault: Text | 'none' | undefined;
}

/** One condition to raise or clear. */
export interface HealthChange {
  readonly kind: 'sensor-silent' | 'sensor-fault';
  readonly state: 'raised' | 'cleared';
  readonly message: Text;
}

/** How an observation went: an answer with what it complains of, or no answer and why. */
export type Contact = { readonly answered: true; readonly fault: Text | undefined } | { readonly answered: false; readonly problem: Text };

const answers: Text = { ko: '센서가 응답합니다', en: 'The sensor answers' };
const noFault: Text = { ko: '이상이 없습니다', en: 'No fault' };

export const unknownHealth: HealthState = { failures: 0, silent: undefined, fault: undefined };

/** One observation; `silentPolls` unanswered ones in a row are silence. A silent sensor keeps the fault it had. */
export function stepHealth(state: HealthState, contact: Contact, silentPolls: number): { state: HealthState; changes: HealthChange[] } {
  if (!contact.answered) {
    const failures = Math.min(state.failures + 1, silentPolls);
    if (failures < silentPolls || state.silent === true) return { state: { ...state, failures }, changes: [] };
    return {
      state: { ...state, failures, silent: true },
      changes: [{ kind: 'sensor-silent', state: 'raised', message: contact.problem }],
    };
  }
  const changes: HealthChange[] = [];
  if (state.silent !== false) changes.push({ kind: 'sensor-silent', state: 'cleared', message: answers });
  if (contact.fault === undefined && state.fault !== 'none') changes.push({ kind: 'sensor-fault', state: 'cleared', message: noFault });
  if (contact.fault && !isKnown(contact.fault, state)) changes.push({ kind: 'sensor-fault', state: 'raised', message: contact.fault });
  return { state: { failures: 0, silent: false, fault: contact.fault ?? 'none' }, changes };
}

/** The fault that stands. */
export function faultOf({ fault }: HealthState): Text | undefined {
  return fault === 'none' ? undefined : fault;
}

function isKnown(fault: Text, state: HealthState): boolean {
  const before = faultOf(state);
  return before !== undefined && isSameText(before, fault);
}
