// What of the line is worth a condition, and what is not.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Condition, ConditionKind } from '#model';
import type { UplinkStatus } from '#uplink';
import { deadLetters, outboxFull } from '../../src/gateway/outbox-health.ts';
import { isOver, look, lookAround, watchUplink } from '../../src/gateway/uplink-health.ts';
import { openFakeClock } from '../fakes/clock.ts';

const now = Date.UTC(2026, 10, 20);
const day = 86_400_000;
const text = { en: 'no route', ko: '경로 없음' };
const told = { en: 'no route: connect ECONNREFUSED 10.1.2.3:8883', ko: '경로 없음: connect ECONNREFUSED 10.1.2.3:8883' };
const failing = {
  code: 'uplink.unreachable',
  summary: text,
  text: told,
  detail: 'connect ECONNREFUSED 10.1.2.3:8883',
  hint: text,
  at: now,
};
type Route = UplinkStatus['routes'][number];

function route(change: Partial<Route> = {}): Route {
  return {
    name: 'direct',
    address: 'mqtts://10.1.2.3:8883',
    state: 'in-use',
    since: now - day,
    certificates: { own: undefined, broker: undefined },
    lastError: undefined,
    ...change,
  };
}

function kindsOf(change: Partial<UplinkStatus>): string[] {
  const status = { connected: true, confirmation: 'hub', routes: [route()], ...change } as unknown as UplinkStatus;
  return look(status, now).map(({ kind, channel }) => `${kind} ${channel}`);
}

describe('the line', () => {
  it.each<[string, Partial<UplinkStatus>, string[]]>([
    ['is well', {}, []],
    ['has a broker that alone confirms', { confirmation: 'broker' }, ['confirmation-by-broker hub']],
    ['says nothing of confirmation while it is down', { confirmation: 'broker', connected: false }, []],
    ['says nothing of confirmation while it is not known', { confirmation: undefined }, []],
    ['has nobody who listens', { unheard: { since: now - 60_000, topic: 't' } }, ['hub-not-listening hub']],
    ['has had nobody for a moment', { unheard: { since: now - 5000, topic: 't' } }, []],
    ['has had nobody, and is down', { connected: false, unheard: { since: now - 60_000, topic: 't' } }, []],
    ['has one route, and it fails', { connected: false, routes: [route({ state: 'failing', lastError: failing })] }, []],
    [
      'has a second route that fails',
      { routes: [route(), route({ name: 'vpn', state: 'failing', lastError: failing })] },
      ['route-down vpn'],
    ],
    [
      'has one that has just failed',
      { routes: [route(), route({ name: 'vpn', state: 'failing', since: now - 5000, lastError: failing })] },
      [],
    ],
    ['has a certificate with 31 days left', { routes: [route({ certificates: { own: now + 31 * day, broker: undefined } })] }, []],
    [
      'has one with 29 days left',
      { routes: [route({ certificates: { own: now + 29 * day, broker: undefined } })] },
      ['certificate-expiring direct-own'],
    ],
    [
      'has one that has ended',
      { routes: [route({ certificates: { own: undefined, broker: now - day } })] },
      ['certificate-expiring direct-broker'],
    ],
  ])('%s', (_, change, expected) => expect(kindsOf(change)).toEqual(expected));

  it('names no address of the site in a message', () => {
    const status = {
      connected: true,
      confirmation: 'broker',
      routes: [route(), route({ name: 'vpn', state: 'failing', lastError: failing })],
    } as unknown as UplinkStatus;
    const findings = look(status, now);
    expect(findings.map(({ message }) => JSON.stringify(message)).join()).not.toContain('10.1.2.3');
    expect(findings.map(({ detail }) => detail)).toContain('mqtts://10.1.2.3:8883, connect ECONNREFUSED 10.1.2.3:8883');
  });
});

describe('another destination', () => {
  it.each([
    ['is well', undefined, []],
    ['has just failed', { since: now - 5000, reason: 'connect ECONNREFUSED 10.1.2.3:443' }, []],
    ['has failed for long', { since: now - 60_000, reason: 'connect ECONNREFUSED 10.1.2.3:443' }, ['destination-down platform']],
  ])('%s', (_, trouble, expected) => {
    const findings = lookAround([{ name: 'platform', wasTried: true, trouble: () => trouble }], now);
    expect(findings.map(({ kind, channel }) => `${kind} ${channel}`)).toEqual(expected);
    expect(JSON.stringify(findings.map(({ message }) => message))).not.toContain('10.1.2.3');
  });
});

describe('what stood before', () => {
  const certificates = (own?: number, broker?: number) => ({ certificates: { own, broker } });
  const two = (change: Partial<Route>) => ({ routes: [route(), route({ name: 'vpn', ...change })] });
  it.each<[ConditionKind, string, string, Partial<UplinkStatus>, boolean]>([
    ['confirmation-by-broker', 'hub', 'the hub confirms', { confirmation: 'hub' }, true],
    ['confirmation-by-broker', 'hub', 'nobody knows yet', { confirmation: undefined }, false],
    ['confirmation-by-broker', 'hub', 'the line is down', { connected: false, confirmation: 'broker' }, false],
    ['hub-not-listening', 'hub', 'somebody hears', { isHeard: true }, true],
    ['hub-not-listening', 'hub', 'nothing was sent yet', { isHeard: false }, false],
    ['route-down', 'vpn', 'it works', two({ state: 'ready' }), true],
    ['route-down', 'vpn', 'nobody has looked', two({ state: 'untried' }), false],
    ['route-down', 'vpn', 'it has failed for a moment', two({ state: 'failing', since: now, lastError: failing }), false],
    ['route-down', 'vpn', 'it is no longer configured', {}, true],
    ['certificate-expiring', 'direct-own', 'it was renewed', { routes: [route(certificates(now + 90 * day))] }, true],
    ['certificate-expiring', 'direct-broker', 'it was not seen yet', { routes: [route({ state: 'untried' })] }, false],
    ['certificate-expiring', 'direct-broker', 'the line fails before it is shown', { routes: [route({ state: 'failing' })] }, false],
    ['certificate-expiring', 'direct-broker', 'there is none any more', { routes: [route()] }, true],
    ['certificate-expiring', 'old-own', 'its route is no longer configured', {}, true],
  ])('%s %s: %s', (kind, channel, _, change, expected) => {
    const status = { connected: true, confirmation: 'hub', routes: [route()], ...change } as unknown as UplinkStatus;
    expect(isOver({ kind, channel }, status, [])).toBe(expected);
  });

  it.each([
    ['was not tried yet', { wasTried: false, trouble: () => undefined }, false],
    ['has failed for a moment', { wasTried: true, trouble: () => ({ since: now, reason: 'refused' }) }, false],
    ['takes again', { wasTried: true, trouble: () => undefined }, true],
  ])('a destination that %s', (_, standing, expected) => {
    const status = { routes: [] } as unknown as UplinkStatus;
    expect(isOver({ kind: 'destination-down', channel: 'platform' }, status, [{ name: 'platform', ...standing }])).toBe(expected);
    expect(isOver({ kind: 'destination-down', channel: 'other' }, status, [{ name: 'platform', ...standing }])).toBe(true);
  });

  it('is neither told again nor cleared by a restart, until it is known to be gone', async () => {
    const clock = openFakeClock(now);
    const told: string[] = [];
    const before = { device: 'gateway', channel: 'hub', kind: 'confirmation-by-broker', state: 'raised' } as unknown as Condition;
    let status = { connected: false, confirmation: undefined, routes: [] } as unknown as UplinkStatus;
    const intake = { report: async () => ({}), condition: async ({ kind, state }: Condition) => void told.push(`${kind} ${state}`) };
    const service = watchUplink(
      { status: () => status, destinations: [], intake: intake as never, standing: async () => [before] },
      { clock, random: systemRandom, log: openLog('silent') },
    );
    const end = new AbortController();
    const running = service.run(end.signal);
    const look5s = async (change: Partial<UplinkStatus>): Promise<void> => {
      status = { ...status, ...change };
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      clock.advance(5000);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    };
    await look5s({});
    await look5s({ connected: true });
    await look5s({ confirmation: 'broker' });
    await look5s({ connected: false });
    expect(told).toEqual([]);
    await look5s({ connected: true, confirmation: 'hub' });
    expect(told).toEqual(['confirmation-by-broker cleared']);
    end.abort();
    await running;
  });
});

describe('the cure of docs/operations.md', () => {
  const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const unheard = { since: 0, topic: 't' };
  const status = { connected: true, confirmation: 'broker', unheard, routes: [] } as unknown as UplinkStatus;
  const down = [{ name: 'platform', wasTried: true, trouble: () => ({ since: 0, reason: '' }) }];
  it.each([...look(status, now), ...lookAround(down, now), outboxFull(true, now), deadLetters('hub', 'raised', now)])(
    'stands in the message of $kind',
    ({ kind, message }) => {
      const [, cure = ''] = new RegExp(`^\\| \`${kind}\` .*\\| (.*) \\|$`, 'm').exec(operations) ?? [];
      const [ko = '?', en = '?'] = cure.replaceAll('`', '').split(' · ');
      expect(message.ko).toContain(ko);
      expect(message.en).toContain(en);
    },
  );
});
