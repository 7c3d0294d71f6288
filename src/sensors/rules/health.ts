// Whether a sensor answers and what it complains of, pure: silence after so many polls, faults by name.

/** What is remembered of a sensor's health; undefined parts were never said, so the first decision is. */
export interface HealthState {
  readonly failures: number;
  readonly silent: boolean | undefined;
  /** Empty: no fault. */
  readonly fault: string | undefined;
}

/** One condition to raise or clear. */
export interface HealthChange {
  readonly kind: 'sensor-silent' | 'sensor-fault';
  readonly state: 'raised' | 'cleared';
  readonly message: string;
}

/** How an observation went: an answer with what it complains of (empty: nothing), or no answer and why. */
export type Contact = { readonly answered: true; readonly fault: string } | { readonly answered: false; readonly problem: string };

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
  if (state.silent !== false) changes.push({ kind: 'sensor-silent', state: 'cleared', message: 'the sensor answers' });
  if (contact.fault !== state.fault) {
    const message = contact.fault === '' ? 'no fault' : contact.fault;
    changes.push({ kind: 'sensor-fault', state: contact.fault === '' ? 'cleared' : 'raised', message });
  }
  return { state: { failures: 0, silent: false, fault: contact.fault }, changes };
}
