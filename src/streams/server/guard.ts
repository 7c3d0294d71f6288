// The guard of the doors: counts wrong tokens per address, answers them late, and shuts out who goes on.
import { isIPv6 } from 'node:net';
import type { Env } from '#base';

export interface Guard {
  /** Whether connections from this address are closed at once. */
  isBlocked(address: string): boolean;
  /** Counts a wrong token; how long its answer must wait, milliseconds (random, so that time tells nothing). */
  wrong(address: string): number;
}

export interface GuardOptions {
  /** Wrong tokens within `windowMs` that block an address for `windowMs`. */
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
    isBlocked: (address) => (counts.get(networkOf(address))?.blockedUntil ?? 0) > now(),
    wrong(address) {
      const count = touch(networkOf(address));
      count.wrong += 1;
      if (count.wrong === options.limit) {
        count.blockedUntil = now() + options.windowMs;
        env.log.warn({ address }, 'too many wrong tokens: shut out for a while');
      }
      return options.delayMs.min + env.random.uniform() * (options.delayMs.max - options.delayMs.min);
    },
  };
}

/** An IPv4 address as it is (also when mapped into IPv6), an IPv6 address by its /64. */
function networkOf(address: string): string {
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
