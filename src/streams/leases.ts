// The leases of the media process: which token opens what, until when. Their ends are enforced here, by the monotonic clock, whether the gateway lives or not.
import type { Env } from '#base';
import type { GrantEnd, StreamProtocol } from '#model';
import { type IsWithin, openNetworks } from './networks.ts';
import type { Lease, SessionEnd } from './protocol.ts';

/** A session as its lease sees it. */
export interface Tenant {
  end(reason: SessionEnd): void;
}

/** Who shows a token, and at which door. */
export interface Visitor {
  /** Its address, without the port. */
  readonly peer: string;
  readonly door: StreamProtocol | 'still';
}

/** With the kept pictures, or from the next key frame on, or not at all: who begins again and again has the kept ones copied each time. */
export type Beginning = 'kept' | 'next' | 'refused';

/** A lease that stands. */
export interface Tenancy {
  readonly lease: Lease;
  /** False when `maxReaders` sessions are open (one for a still); else the session counts until `leave`. */
  enter(tenant: Tenant): boolean;
  leave(tenant: Tenant): void;
  /** Pictures are to begin to flow once more; how they may. */
  begin(): Beginning;
  /** What it was given for has begun. */
  opened(): void;
}

export interface LeaseEvents {
  /** The address was used for the first time. */
  claimed(grant: string): void;
  ended(grant: string, reason: GrantEnd, note: string): void;
}

export interface Leases extends Disposable {
  readonly size: number;
  /** `openWithinMs` undefined: it was opened before (in another life of this process). Admitting a grant again replaces it. */
  admit(lease: Lease, openWithinMs: number | undefined): void;
  /** False when the grant is not known. */
  extend(grant: string, remainingMs: number): boolean;
  /** Cuts its sessions at once; false when the grant is not known. */
  revoke(grant: string, why?: 'revoked' | 'preempted'): boolean;
  /** What the token with this hash opens; the first time counts as the opening. Undefined: unknown, over, or not for this visitor. */
  claim(tokenHash: string, visitor: Visitor): Tenancy | undefined;
  /** The lease of a grant, for what needs no token. */
  tenancy(grant: string): Tenancy | undefined;
  /** The lease has served its purpose (a still was fetched), or cannot. */
  finish(grant: string, reason: GrantEnd, note: string): void;
}

export interface LeasesOptions {
  /** Sessions at the same time on one address. */
  readonly maxReaders: number;
  /** Networks (CIDR) that readers may come from; empty: all. */
  readonly allowFrom: readonly string[];
}

interface Held extends Tenancy {
  readonly isWithin: IsWithin;
  readonly tenants: Set<Tenant>;
  endsAt: number;
  isClaimed: boolean;
  timer: Disposable | undefined;
  /** When pictures last began to flow, oldest first; of the last minute alone. */
  readonly begun: number[];
  openTimer: Disposable | undefined;
}

/** On one lease pictures begin so often in 10 s with the kept ones, and so often in a minute at all; more often where it has more places than four. */
const keptPer10s = 10;
const perMinute = 60;

/** A timer waits no longer than this and then looks again. */
const maxWaitMs = 2 ** 31 - 1;

/** Opens the table. It is bounded by the gateway, which admits. */
export function openLeases({ maxReaders, allowFrom }: LeasesOptions, events: LeaseEvents, env: Env): Leases {
  const isAllowed = openNetworks(allowFrom);
  const byGrant = new Map<string, Held>();
  const byHash = new Map<string, Held>();
  const now = env.clock.monotonicMs;

  const drop = (held: Held, why: SessionEnd): void => {
    byGrant.delete(held.lease.grant);
    byHash.delete(held.lease.tokenHash);
    held.timer?.[Symbol.dispose]();
    held.openTimer?.[Symbol.dispose]();
    for (const tenant of held.tenants) tenant.end(why);
    held.tenants.clear();
  };
  const finish = (held: Held, why: SessionEnd, reason: GrantEnd, note: string): void => {
    drop(held, why);
    events.ended(held.lease.grant, reason, note);
  };
  const arm = (held: Held): void => {
    held.timer?.[Symbol.dispose]();
    const left = held.endsAt - now();
    if (left <= 0) finish(held, 'expired', 'expired', held.isClaimed ? '' : 'never opened');
    else held.timer = env.clock.after(Math.min(left, maxWaitMs), () => arm(held));
  };

  return {
    get size() {
      return byGrant.size;
    },
    admit(lease, openWithinMs) {
      const before = byGrant.get(lease.grant);
      if (before) drop(before, 'revoked');
      const held = openHeld(lease, now() + lease.remainingMs, maxReaders, events, now);
      held.isClaimed = openWithinMs === undefined;
      byGrant.set(lease.grant, held);
      byHash.set(lease.tokenHash, held);
      // What goes out by itself says why when it does not.
      if (openWithinMs !== undefined && openWithinMs < lease.remainingMs && !lease.push) {
        held.openTimer = env.clock.after(openWithinMs, () => finish(held, 'expired', 'expired', 'never opened'));
      }
      arm(held);
    },
    extend(grant, remainingMs) {
      const held = byGrant.get(grant);
      if (!held) return false;
      held.endsAt = now() + remainingMs;
      arm(held);
      return true;
    },
    revoke(grant, why = 'revoked') {
      const held = byGrant.get(grant);
      if (held) drop(held, why);
      return held !== undefined;
    },
    claim(tokenHash, { peer, door }) {
      const held = byHash.get(tokenHash);
      if (!held || now() >= held.endsAt || doorOf(held.lease) !== door) return undefined;
      if (!isAllowed(peer) || !held.isWithin(peer)) return undefined;
      held.opened();
      return held;
    },
    tenancy: (grant) => byGrant.get(grant),
    finish(grant, reason, note) {
      const held = byGrant.get(grant);
      if (held) finish(held, 'reader', reason, note);
    },
    [Symbol.dispose]() {
      for (const held of byGrant.values()) drop(held, 'shutdown');
    },
  };
}

/** Undefined: none, for its pictures go out by themselves. */
function doorOf({ form, push, protocol = 'rtsp' }: Lease): Visitor['door'] | undefined {
  if (push) return undefined;
  return form === 'still' ? 'still' : protocol;
}

function openHeld(lease: Lease, endsAt: number, maxReaders: number, events: LeaseEvents, now: () => number): Held {
  const tenants = new Set<Tenant>();
  const scale = Math.max(1, maxReaders / 4);
  const held: Held = {
    lease,
    isWithin: openNetworks(lease.network === undefined ? [] : [lease.network]),
    tenants,
    endsAt,
    isClaimed: false,
    timer: undefined,
    begun: [],
    openTimer: undefined,
    enter(tenant) {
      if (tenants.size >= (lease.form === 'still' ? 1 : maxReaders)) return false;
      tenants.add(tenant);
      return true;
    },
    leave: (tenant) => {
      tenants.delete(tenant);
    },
    begin() {
      const { begun } = held;
      while (begun[0] !== undefined && begun[0] <= now() - 60_000) begun.shift();
      if (begun.length >= perMinute * scale) return 'refused';
      begun.push(now());
      return begun.filter((at) => at > now() - 10_000).length > keptPer10s * scale ? 'next' : 'kept';
    },
    opened() {
      if (held.isClaimed) return;
      held.isClaimed = true;
      held.openTimer?.[Symbol.dispose]();
      events.claimed(lease.grant);
    },
  };
  return held;
}
