// Whether an answer can be believed to belong to the request that was just sent, pure. A frame says who answers and with which function, not which
// addresses: an answer that comes late, or that something held back until the next request, looks like the answer to that one. So after a timeout a unit
// is first asked to send a number back, by a function that nothing else uses (Return Query Data): it answers in the order in which it was asked, so behind that
// number, which no other answer has, nothing old can come. A unit that knows the function not says so with an exception, which has no number: it is
// left alone until all that it owes must have come. Of one that never said anything to it the next answer proves that it lives, and counts for nothing more.

/** What is remembered of a unit. */
export interface Trust {
  /** Monotonic milliseconds at which requests were sent that were not answered, oldest first. */
  readonly unanswered: readonly number[];
  /** Until then the unit must be left alone. */
  readonly quietUntil: number;
  /** The last question was an echo, and was not answered. */
  readonly lostEcho: boolean;
  /** It has answered an echo at some time, be it with an exception. */
  readonly echoes: boolean;
}

/** Of each unit of a bus. */
export type Trusts = Map<number, Trust>;

/** What to do with a unit now. */
export type Stance = { readonly do: 'ask' | 'echo' | 'probe' } | { readonly do: 'wait'; readonly ms: number };

/** Nothing comes later than this, unless it was held back until the next request. */
const lateLimitMs = 10_000;
const maxRemembered = 16;

export const fullTrust: Trust = { unanswered: [], quietUntil: 0, lostEcho: false, echoes: false };

/** `ask`: the answer will be the answer. `echo`: send a number first. `probe`: the answer may be an old one. `wait`: ask nothing before. */
export function stanceOf(trust: Trust, nowMs: number): Stance {
  if (nowMs < trust.quietUntil) return { do: 'wait', ms: trust.quietUntil - nowMs };
  if (trust.unanswered.length === 0) return { do: 'ask' };
  return { do: trust.echoes || !trust.lostEcho ? 'echo' : 'probe' };
}

/** The request sent at `sentAt` was not answered in time. */
export function afterTimeout(trust: Trust, sentAt: number): Trust {
  return { ...trust, unanswered: [...trust.unanswered, sentAt].slice(-maxRemembered), quietUntil: 0, lostEcho: false };
}

/** Nor was an echo; `heard`: an answer to another echo came. */
export function afterLostEcho(trust: Trust, sentAt: number, heard: boolean): Trust {
  return { ...afterTimeout(trust, sentAt), lostEcho: true, echoes: trust.echoes || heard };
}

/** The number came back. */
export function afterEcho(trust: Trust): Trust {
  return { ...fullTrust, echoes: trust.echoes };
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
  return { ...afterEcho(trust), quietUntil: Math.max(sentAt + (nowMs - oldest) + 1, nowMs + responseTimeoutMs) };
}
