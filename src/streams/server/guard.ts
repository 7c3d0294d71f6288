// The guard of the doors: counts wrong tokens per address, answers them late, and no longer at all to who goes on. Right tokens always pass.
import { isIPv6 } from 'node:net';
import type { Env } from '#base';

export interface Guard {
  /** Counts a wrong token. */
  wrong(address: string): Verdict;
  /** Who is answered no more now, the newest first: at most 50. */
  blocked(): readonly Blocked[];
}

/** An IPv4 address, or the first half of an IPv6 address. */
export interface Blocked {
  readonly network: string;
  readonly remainingMs: number;
}

/** What becomes of a wrong token. */
export interface Verdict {
  /** How long it must wait, milliseconds (random, so that time tells nothing). */
  readonly waitMs: number;
  /** Whether it is answered then, or its connection closed without a word: the address has had too many. */
  readonly isAnswered: boolean;
}

export interface GuardOptions {
  /** Wrong tokens within `windowMs` after which an address gets no more answers to others for `windowMs`. */
  readonly limit: number;
  readonly windowMs: number;
  /** Addresses that are remembered; the one heard of longest ago is forgotten for a new one. */
  readonly maxAddresses: number;
  readonly delayMs: { readonly min: number; readonly max: number };
}

export const guardDefaults: GuardOptions = { limit: 20, windowMs: 60_000, maxAddresses: 4_096, delayMs: { min: 300, max: 1_500 } };

interface Count {
  wrong: number;
  since: number;
  blockedUntil: number;
}

const maxTold = 50;

/** Opens a guard. */
export function openGuard(options: GuardOptions, env: Env): Guard {
  const counts = new Map<string, Count>();
  const now = env.clock.monotonicMs;
  /** Moves the address to the young end of the map. */
  const touch = (name: string): Count => {
    const known = counts.get(name);
    const fresh =
      known && now() - known.since <= options.windowMs ? known : { wrong: 0, since: now(), blockedUntil: known?.blockedUntil ?? 0 };
    counts.delete(name);
    counts.set(name, fresh);
    const oldest = counts.keys().next();
    if (counts.size > options.maxAddresses && !oldest.done) counts.delete(oldest.value);
    return fresh;
  };
  return {
    wrong(address) {
      const count = touch(networkOf(address));
      const isAnswered = count.blockedUntil <= now();
      count.wrong += 1;
      if (count.wrong === options.limit) {
        count.blockedUntil = now() + options.windowMs;
        env.log.warn({ address }, 'too many wrong tokens: others are not answered for a while');
      }
      return { waitMs: options.delayMs.min + env.random.uniform() * (options.delayMs.max - options.delayMs.min), isAnswered };
    },
    blocked() {
      const rows = [...counts].map(([network, { blockedUntil }]) => ({ network, remainingMs: blockedUntil - now() }));
      return rows
        .filter(({ remainingMs }) => remainingMs > 0)
        .slice(-maxTold)
        .toReversed();
    },
  };
}

/** An IPv4 address as it is (also when mapped into IPv6), an IPv6 address by its /64. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  return isIPv6(address) ? expandIPv6(address).slice(0, 4).join(':') : address;
}

function expandIPv6(address: string): readonly string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...gap, ...right].map((group) => group.replace(/^0+(?=.)/, ''));
}
