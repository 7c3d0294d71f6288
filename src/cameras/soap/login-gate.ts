// The gate in front of a camera's login: a refused login is not tried again for a while, because vendors lock an account after 3 to 7 failures.
import { createHash } from 'node:crypto';
import type { Clock, Login } from '#base';

/** Remembers refused logins by camera. */
export interface LoginGate {
  /** Milliseconds until this login may be tried at this address; 0 when it may. */
  waitMs(address: string, login: Login): number;
  /** A camera refused this login, `agoMs` milliseconds ago. */
  refused(address: string, login: Login, agoMs?: number): void;
  /** It was taken. */
  accepted(address: string): void;
}

const maxRemembered = 10_000;

/** Opens a gate. It remembers the last 10,000 refusals; the oldest is forgotten first. */
export function openLoginGate(options: { readonly loginRetry: number }, clock: Clock): LoginGate {
  const refusals = new Map<string, { readonly print: string; readonly untilMs: number }>();
  return {
    waitMs(address, login) {
      const refusal = refusals.get(address);
      if (!refusal || refusal.print !== fingerprint(login)) return 0;
      return Math.max(0, refusal.untilMs - clock.monotonicMs());
    },
    refused(address, login, agoMs = 0) {
      refusals.delete(address);
      refusals.set(address, { print: fingerprint(login), untilMs: clock.monotonicMs() + options.loginRetry - agoMs });
      if (refusals.size > maxRemembered) for (const oldest of refusals.keys()) return void refusals.delete(oldest);
    },
    accepted(address) {
      refusals.delete(address);
    },
  };
}

function fingerprint(login: Login): string {
  return createHash('sha256')
    .update(JSON.stringify([login.user, login.password]))
    .digest('hex');
}

/** 16 bits of a login's hash: tells that a login was changed, not what it is. */
export function markOf(login: Login): string {
  return fingerprint(login).slice(0, 4);
}
