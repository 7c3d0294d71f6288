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

/** Nothing comes later than this, unless it was held back until the next request. */
const lateLimitMs = 10_000;
const maxRemembered = 16;

export const fullTrust: Trust = { unanswered: [], quietUntil: 0 };

/** `ask`: the answer will be the answer. `probe`: it may be an old one. `wait`: ask nothing before. */
export function stanceOf(trust: Trust, nowMs: number): Stance {
  if (nowMs < trust.quietUntil) return { do: 'wait', ms: trust.quietUntil - nowMs };
  return { do: trust.unanswered.length > 0 ? 'probe' : 'ask' };
}

/** The request sent at `sentAt` was not answered in time. */
export function afterTimeout(trust: Trust, sentAt: number): Trust {
  return { unanswered: [...trust.unanswered, sentAt].slice(-maxRemembered), quietUntil: 0 };
}

/**
 * A probe sent at `sentAt` was answered at `nowMs`, perhaps with the answer to the oldest request. A unit answers in the order in which it was asked:
 * then it is at most `nowMs − oldest` late, and the answer to the probe itself comes by `sentAt` plus that, or within a response time from now.
 */
export function afterProbe(
  trust: Trust,
  times: { readonly sentAt: number; readonly nowMs: number; readonly responseTimeoutMs: number },
): Trust {
  const { sentAt, nowMs, responseTimeoutMs } = times;
  const oldest = trust.unanswered.find((at) => sentAt - at < lateLimitMs) ?? sentAt;
  return { unanswered: [], quietUntil: Math.max(sentAt + (nowMs - oldest) + 1, nowMs + responseTimeoutMs) };
}
