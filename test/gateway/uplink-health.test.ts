// What of the line is worth a condition, and what is not.
import { describe, expect, it } from 'vitest';
import type { UplinkStatus } from '#uplink';
import { look, lookAround } from '../../src/gateway/uplink-health.ts';

const now = Date.UTC(2026, 10, 20);
const day = 86_400_000;
const text = { en: 'no route', ko: '경로 없음' };
const failing = { code: 'uplink.unreachable', text, hint: text, at: now };
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
    expect(
      look(status, now)
        .map(({ message }) => JSON.stringify(message))
        .join(),
    ).not.toContain('10.1.2.3');
  });
});

describe('another destination', () => {
  it.each([
    ['is well', undefined, []],
    ['has just failed', { since: now - 5000, reason: 'connect ECONNREFUSED 10.1.2.3:443' }, []],
    ['has failed for long', { since: now - 60_000, reason: 'connect ECONNREFUSED 10.1.2.3:443' }, ['destination-down platform']],
  ])('%s', (_, trouble, expected) => {
    const findings = lookAround([{ name: 'platform', trouble: () => trouble }], now);
    expect(findings.map(({ kind, channel }) => `${kind} ${channel}`)).toEqual(expected);
    expect(JSON.stringify(findings.map(({ message }) => message))).not.toContain('10.1.2.3');
  });
});
