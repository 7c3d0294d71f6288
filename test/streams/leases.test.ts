// Leases, the gateway's book of them, the guard and readers, under a clock that the test moves.
import { describe, expect, it } from 'vitest';
import { type Env, openLog, systemRandom } from '#base';
import type { Lease } from '#streams';
import { openBook } from '../../src/streams/handle/book.ts';
import { openLeases } from '../../src/streams/leases.ts';
import { openGuard } from '../../src/streams/server/guard.ts';
import { tokenHashIn } from '../../src/streams/server/token.ts';
import { type FakeClock, openFakeClock } from '../fakes/clock.ts';
import { makeToken } from './site.ts';

function openWorld(): { clock: FakeClock; env: Env } {
  const clock = openFakeClock(1_700_000_000_000);
  return { clock, env: { clock, random: systemRandom, log: openLog('silent') } };
}

function makeLease(grant: string, remainingMs: number): Lease {
  const source = { url: 'rtsp://h/x', user: '', password: '' };
  return { grant, form: 'stream', tokenHash: grant.padEnd(64, '0'), device: 'cam', channel: 1, quality: 'main', remainingMs, source };
}

function openTable(maxReaders = 4) {
  const { clock, env } = openWorld();
  const told: string[] = [];
  const events = {
    claimed: (grant: string) => told.push(`claimed ${grant}`),
    ended: (grant: string, reason: string, note: string) => told.push(`ended ${grant} ${reason} ${note}`.trim()),
  };
  return { clock, told, leases: openLeases({ maxReaders, allowFrom: [] }, events, env) };
}

const visitor = { peer: '127.0.0.1', door: 'rtsp' } as const;
const hashOf = (grant: string): string => grant.padEnd(64, '0');

describe('leases', () => {
  it('end by the monotonic clock whatever the wall clock does', () => {
    const { clock, told, leases } = openTable();
    leases.admit(makeLease('a', 100_000), 60_000);
    const ends: string[] = [];
    expect(leases.claim(hashOf('a'), visitor)?.enter({ end: (reason) => ends.push(reason) })).toBe(true);
    clock.jump(86_400_000);
    clock.advance(99_999);
    expect(ends).toEqual([]);
    clock.advance(1);
    expect(ends).toEqual(['expired']);
    expect(told).toEqual(['claimed a', 'ended a expired']);
    expect(leases.claim(hashOf('a'), visitor)).toBeUndefined();
  });

  it('never open after the first minute, unless they were opened before', () => {
    const { clock, told, leases } = openTable();
    leases.admit(makeLease('a', 600_000), 60_000);
    leases.admit(makeLease('b', 600_000), undefined);
    clock.advance(60_000);
    expect(told).toEqual(['ended a expired never opened']);
    expect(leases.claim(hashOf('a'), visitor)).toBeUndefined();
    expect(leases.claim(hashOf('b'), visitor)?.lease.grant).toBe('b');
    expect(leases.size).toBe(1);
  });

  it('are extended, shortened, revoked and full', () => {
    const { clock, told, leases } = openTable(2);
    leases.admit(makeLease('a', 10_000), undefined);
    expect(leases.extend('a', 50_000)).toBe(true);
    clock.advance(49_000);
    const tenancy = leases.claim(hashOf('a'), visitor);
    const ends: string[] = [];
    const tenants = [1, 2, 3].map(() => ({ end: (reason: string) => void ends.push(reason) }));
    expect(tenants.map((tenant) => tenancy?.enter(tenant))).toEqual([true, true, false]);
    expect(leases.revoke('a')).toBe(true);
    expect(ends).toEqual(['revoked', 'revoked']);
    expect([leases.revoke('a'), leases.extend('a', 1)]).toEqual([false, false]);
    clock.advance(100_000);
    expect(told).toEqual([]);
  });

  it('let pictures begin with the kept ones ten times in 10 s, and sixty times in a minute at all', () => {
    const { clock, leases } = openTable();
    leases.admit(makeLease('a', 600_000), undefined);
    const tenancy = leases.claim(hashOf('a'), visitor);
    const begin = (count: number) => Array.from({ length: count }, () => tenancy?.begin());
    expect(begin(10)).toEqual(Array.from({ length: 10 }, () => 'kept'));
    expect(begin(2)).toEqual(['next', 'next']);
    clock.advance(10_000);
    expect(begin(1)).toEqual(['kept']);
    expect(begin(48).at(-1)).toBe('refused');
    clock.advance(50_000);
    expect(begin(13).slice(-4)).toEqual(['kept', 'next', 'next', 'refused']);
  });

  it('last longer than a timer can', () => {
    const { clock, told, leases } = openTable();
    leases.admit(makeLease('a', 30 * 86_400_000), undefined);
    clock.advance(2 ** 31);
    expect(told).toEqual([]);
    clock.advance(30 * 86_400_000);
    expect(told).toEqual(['ended a expired']);
  });
});

describe('the book', () => {
  it('hands over what is left, and buries what died', () => {
    const { clock } = openWorld();
    const book = openBook(clock);
    book.add(makeLease('opened', 100_000), 60_000);
    book.add(makeLease('waiting', 100_000), 60_000);
    book.add(makeLease('short', 10_000), 60_000);
    book.claimed('opened');
    book.claimed('short');
    book.note({ event: 'session-opened', grant: 'opened', session: 's1', form: 'stream', peer: 'p' });
    clock.advance(20_000);
    expect(book.buryCrashed()).toEqual([{ event: 'session-closed', grant: 'opened', session: 's1', reason: 'crash', seconds: 20 }]);
    expect(book.buryCrashed()).toEqual([]);
    expect(book.handOver()).toEqual([
      { state: 'live', lease: makeLease('opened', 80_000), openWithinMs: undefined },
      { state: 'live', lease: makeLease('waiting', 80_000), openWithinMs: 40_000 },
      { state: 'over', event: { event: 'grant-ended', grant: 'short', reason: 'expired', note: '' } },
    ]);
    clock.advance(45_000);
    expect(book.handOver().map(({ state }) => state)).toEqual(['live', 'over']);
    expect(book.size).toBe(1);
  });
});

describe('the guard', () => {
  const options = { limit: 3, windowMs: 60_000, maxAddresses: 100, delayMs: { min: 300, max: 1_500 } };

  it('answers an address no more after its wrong tokens, for a while, and every other', () => {
    const { clock, env } = openWorld();
    const guard = openGuard(options, env);
    for (const _ of [1, 2, 3]) {
      const { waitMs, isAnswered } = guard.wrong('::ffff:10.0.0.1');
      expect(isAnswered).toBe(true);
      expect(waitMs).toBeGreaterThanOrEqual(300);
      expect(waitMs).toBeLessThan(1_500);
    }
    expect([guard.wrong('10.0.0.1').isAnswered, guard.wrong('10.0.0.2').isAnswered]).toEqual([false, true]);
    clock.advance(20_000);
    expect(guard.blocked()).toEqual([{ network: '10.0.0.1', remainingMs: 40_000 }]);
    clock.advance(40_001);
    expect(guard.blocked()).toEqual([]);
    expect(guard.wrong('10.0.0.1').isAnswered).toBe(true);
  });

  it('takes an IPv6 network as one, and forgets the oldest addresses when full', () => {
    const { env } = openWorld();
    const guard = openGuard(options, env);
    for (const last of ['1', 'ffff', 'a:b']) guard.wrong(`2001:db8:0:1::${last}`);
    expect([guard.wrong('2001:db8:0:1::77').isAnswered, guard.wrong('2001:db8:0:2::77').isAnswered]).toEqual([false, true]);
    for (let number = 0; number < 100; number += 1) guard.wrong(`10.0.1.${number}`);
    expect(guard.wrong('2001:db8:0:1::77').isAnswered).toBe(true);
  });
});

describe('tokens', () => {
  it('are found as a path segment alone', () => {
    const { token, tokenHash } = makeToken();
    for (const url of [`rtsp://h:1/s/${token}`, `rtsps://h/s/${token}/trackID=0`, `/s/${token}/`, `rtsp://h/s/${token}?x=1`]) {
      expect(tokenHashIn(url, 's')).toBe(tokenHash);
    }
    for (const url of [`rtsp://h/still/${token}`, `rtsp://h/x/s/${token}`, 'rtsp://h/s/short', `rtsp://h/s/${token}%00`, '*', '']) {
      expect(tokenHashIn(url, 's')).toBeUndefined();
    }
  });
});
