// Whether an answer can be believed to belong to the request that was just sent, pure. A frame says who answers and with which function, not which
// addresses: an answer that comes late looks like the answer to the next request. So after a timeout the next answer of that unit proves only that it
// lives, and the unit is left alone until everything that it still owes must have come.

/** Monotonic milliseconds at which requests were sent that were not answered, oldest first; how long the unit must be left alone. */
export interface Trust {
  readonly unanswered: readonly number[];
  readonly quietUntil: number;
}

/** What to do with a unit now. */
export type Stance = { readonly do: 'ask' | 'probe' } | { readonly do: 'wait'; readonly ms: number };

/** Later than this nothing comes any more. */
export const lateLimitMs = 10_000;

export const fullTrust: Trust = { unanswered: [], quietUntil: 0 };

/** `ask`: the answer will be the answer. `probe`: it may be an old one. `wait`: ask nothing before. */
export function stanceOf(trust: Trust, nowMs: number): Stance {
  if (nowMs < trust.quietUntil) return { do: 'wait', ms: trust.quietUntil - nowMs };
  return { do: owed(trust, nowMs).length > 0 ? 'probe' : 'ask' };
}

/** The request sent at `sentAt` was not answered in time. */
export function afterTimeout(trust: Trust, sentAt: number): Trust {
  return { unanswered: [...owed(trust, sentAt), sentAt].slice(-16), quietUntil: 0 };
}

/**
 * A probe sent at `sentAt` was answered at `nowMs`, perhaps with the answer to the oldest request: then the unit answers at most `nowMs − oldest` late,
 * and the answer to the probe itself comes by `sentAt` plus that.
 */
export function afterProbe(trust: Trust, sentAt: number, nowMs: number): Trust {
  const oldest = owed(trust, sentAt)[0] ?? sentAt;
  return { unanswered: [], quietUntil: sentAt + (nowMs - oldest) + 1 };
}

function owed(trust: Trust, nowMs: number): number[] {
  return trust.unanswered.filter((sentAt) => nowMs - sentAt < lateLimitMs);
}
