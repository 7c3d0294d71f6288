// The rules of lawful access as a table: each missing or wrong field has its own reason.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessOptions } from '#access/options';
import { readClaims, readTime } from '../../src/access/claims.ts';
import { type AccessAsk, decide, decideExtension } from '../../src/access/decide.ts';
import { groundIds, grounds } from '../../src/access/grounds.ts';

const options = accessOptions.parse({});
const now = Date.parse('2026-11-20T04:00:00Z');
const hour = 3_600_000;
const complete = {
  service: '119-dispatch',
  incident: '2026-000123',
  recipient: { agency: '전북소방본부', person: 'jb119-042' },
  ground: 'pipa-18-2-3',
  until: '2026-11-20T05:00:00Z',
  emergency: { reason: 'building fire, persons inside' },
  document: null,
};
const ask = (grant: unknown, more: Partial<AccessAsk> = {}): AccessAsk => ({
  form: 'stream',
  device: 'cam-0417',
  channel: 1,
  quality: 'main',
  grant,
  origin: 'hub',
  commandId: 'c1',
  deviceKnown: true,
  services: ['119-dispatch', '112-dispatch', 'disaster', 'welfare', 'maintenance'],
  ...more,
});
const verdict = (grant: unknown, more: Partial<AccessAsk> = {}): string => {
  const result = decide(ask(grant, more), options, now);
  return result.granted ? 'granted' : result.reason.replace('access.', '');
};
const without = (name: keyof typeof complete) => ({ ...complete, [name]: undefined });

describe('decide', () => {
  it.each<[string, unknown, string]>([
    ['a complete request', complete, 'granted'],
    ['no emergency at all', without('emergency'), 'granted'],
    ['a letter', { ...complete, document: '소방-2026-1' }, 'granted'],
    ['an end with an offset', { ...complete, until: '2026-11-20T14:00:00+09:00' }, 'granted'],
    ['nothing', undefined, 'grant-missing'],
    ['null', null, 'grant-missing'],
    ['an array', [complete], 'grant-missing'],
    ['a text', 'please', 'grant-missing'],
    ['no service', without('service'), 'service-missing'],
    ['an empty service', { ...complete, service: '  ' }, 'service-missing'],
    ['no incident', without('incident'), 'incident-missing'],
    ['no recipient', without('recipient'), 'recipient-missing'],
    ['no agency', { ...complete, recipient: { person: 'x' } }, 'recipient-missing'],
    ['no person', { ...complete, recipient: { agency: 'x', person: '' } }, 'recipient-missing'],
    ['no ground', without('ground'), 'ground-missing'],
    ['no end', without('until'), 'end-missing'],
    ['a null end', { ...complete, until: null }, 'end-missing'],
    ['an emergency without reason', { ...complete, emergency: {} }, 'emergency-reason-missing'],
    ['an emergency with a blank reason', { ...complete, emergency: { reason: ' ' } }, 'emergency-reason-missing'],
    ['an unknown service', { ...complete, service: 'press' }, 'service-not-allowed'],
    ['a local service from the hub', { ...complete, service: 'maintenance', ground: 'purpose' }, 'service-not-allowed'],
    ['an unknown ground', { ...complete, ground: 'curiosity' }, 'ground-unknown'],
    ['a ground by the name of an object’s own', { ...complete, ground: 'constructor' }, 'ground-unknown'],
    ['a ground of another service', { ...complete, ground: 'pipa-18-2-7' }, 'ground-not-allowed'],
    ['an end that is now', { ...complete, until: '2026-11-20T04:00:00Z' }, 'end-past'],
    ['an end in the past', { ...complete, until: '2025-01-01T00:00:00Z' }, 'end-past'],
    ['exactly the longest time', { ...complete, until: '2026-11-20T08:00:00Z' }, 'granted'],
    ['a second too long', { ...complete, until: '2026-11-20T08:00:01Z' }, 'too-long'],
    ['an end without offset', { ...complete, until: '2026-11-20T05:00:00' }, 'malformed'],
    ['an end as a number', { ...complete, until: now + hour }, 'malformed'],
    ['the 32nd', { ...complete, until: '2026-11-32T05:00:00Z' }, 'malformed'],
    ['a long incident', { ...complete, incident: 'x'.repeat(101) }, 'malformed'],
    ['a long reason', { ...complete, emergency: { reason: 'x'.repeat(501) } }, 'malformed'],
    ['a control character', { ...complete, recipient: { agency: 'a\nb', person: 'p' } }, 'malformed'],
    ['a lone surrogate', { ...complete, incident: '\udc00' }, 'malformed'],
    ['a recipient that is a text', { ...complete, recipient: 'me' }, 'malformed'],
    ['an emergency that is true', { ...complete, emergency: true }, 'malformed'],
    ['a service that is a number', { ...complete, service: 119 }, 'malformed'],
  ])('%s: %s → %s', (_, grant, expected) => expect(verdict(grant)).toBe(expected));

  it.each<[string, Partial<AccessAsk>, string]>([
    ['a technician may claim maintenance', { origin: 'cli:kim' }, 'granted'],
    ['not when the connection may not', { origin: 'cli:kim', services: [] }, 'service-not-allowed'],
    ['nor a hub connection that calls itself so', { origin: 'hub-cli:kim' }, 'service-not-allowed'],
  ])('%s', (_, more, expected) => {
    const until = '2026-11-20T04:20:00Z';
    expect(verdict({ ...complete, service: 'maintenance', ground: 'purpose', until }, more)).toBe(expected);
  });

  it('says that a camera is not there only to whom it would have shown it', () => {
    expect(verdict(complete, { deviceKnown: false })).toBe('camera-unknown');
    expect(verdict({ ...complete, ground: 'pipa-18-2-7' }, { deviceKnown: false })).toBe('ground-not-allowed');
  });

  it('says the longest time in the refusal, in both languages', () => {
    const result = decide(ask({ ...complete, until: '2026-11-21T05:00:00Z' }), options, now);
    expect(result).toMatchObject({
      granted: false,
      reason: 'access.too-long',
      message: expect.stringContaining('119-dispatch at most 4h'),
    });
    expect(result.granted ? '' : result.text.ko).toContain('4h');
  });

  it.each<[string, number | undefined, number, number | string]>([
    ['our clock agrees: counted on it', now - 30_000, now + hour, hour],
    ['our clock is a day behind: counted from the asking', now + 24 * hour, now + 25 * hour, hour],
    ['it waited for the line: counted on our clock', now - 30 * 60_000, now + hour, hour],
    ['it waited for the line beyond its end', now - 30 * 60_000, now - 10 * 60_000, 'access.end-past'],
    ['nothing known of their clock', undefined, now + hour, hour],
  ])('%s', (_, issuedAt, until, expected) => {
    const grant = { ...complete, until: new Date(until).toISOString() };
    const result = decide(ask(grant, issuedAt === undefined ? {} : { issuedAt }), options, now);
    expect(result.granted ? result.remainingMs : result.reason).toBe(expected);
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.record({ service: fc.jsonValue(), recipient: fc.jsonValue(), until: fc.string() }), (any, parts) => {
        expect(typeof verdict(any)).toBe('string');
        expect(verdict({ ...complete, ...parts })).not.toBe('granted');
      }),
    );
  });

  it('keeps claims clean and bounded for the ledger', () => {
    const text = fc.string({ unit: 'binary', maxLength: 700 });
    fc.assert(
      fc.property(text, (wild) => {
        const read = readClaims({ service: wild, incident: wild, recipient: { agency: wild, person: wild }, emergency: { reason: wild } });
        for (const value of [read?.claims.service, read?.claims.agency, read?.claims.emergency?.reason ?? '']) {
          expect((value ?? '').length).toBeLessThanOrEqual(500);
          expect(value ?? '').not.toMatch(/\p{Cc}/u);
          expect((value ?? '').isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('reads exactly the times that it writes', () => {
    const min = new Date(0);
    const max = new Date('2200-01-01');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        expect(readTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('decideExtension', () => {
  const granted = decide(ask(complete), options, now);
  const grant = {
    id: 'g',
    form: 'stream' as const,
    device: 'cam-0417',
    channel: 1,
    quality: 'main' as const,
    request: granted.granted ? granted.request : expect.fail('not granted'),
    origin: 'hub',
    openedAt: now,
    until: now + hour,
    tokenHash: '',
    end: undefined,
  };
  const reason = (result: number | { reason: string }): number | string => (typeof result === 'number' ? result : result.reason);
  it.each<[string, Parameters<typeof decideExtension>[0], { until?: number; origin?: string }, number | string]>([
    ['later', grant, {}, 2 * hour],
    ['of an unknown grant', undefined, {}, 'access.grant-unknown'],
    ['of an ended grant', { ...grant, end: { reason: 'closed', at: now, note: '' } }, {}, 'access.grant-unknown'],
    ['by somebody else', grant, { origin: 'other' }, 'access.grant-unknown'],
    ['to an earlier end', grant, { until: now + 1 }, 'access.end-not-later'],
    ['too far', grant, { until: now + 5 * hour }, 'access.too-long'],
    ['of a service that is gone', { ...grant, request: { ...grant.request, service: 'gone' } }, {}, 'access.service-not-allowed'],
  ])('%s', (_, found, more, expected) => {
    const result = decideExtension(found, { origin: 'hub', until: now + 2 * hour, issuedAt: undefined, ...more }, options, now);
    expect(reason(result)).toBe(expected);
  });
});

describe('grounds', () => {
  it('publishes as 개인정보 보호법 제18조④ says: not an investigation', () => {
    expect(groundIds.filter((id) => grounds[id].publish)).toEqual([2, 3, 5, 6, 8, 9, 10].map((number) => `pipa-18-2-${number}`));
  });
});

describe('accessOptions', () => {
  it('has defaults for everything, each with grounds', () => {
    expect(options.services.map((service) => service.id)).toEqual(['119-dispatch', '112-dispatch', 'disaster', 'welfare', 'maintenance']);
    expect(options.services.filter((service) => service.local).map((service) => service.id)).toEqual(['maintenance']);
  });
  it('lets the hub claim all that is not local, or what is written', () => {
    expect(options.hubServices).toEqual(['119-dispatch', '112-dispatch', 'disaster', 'welfare']);
    expect(accessOptions.parse({ hubServices: ['disaster'] }).hubServices).toEqual(['disaster']);
  });
  it.each([
    [{ services: [] }],
    [{ hubServices: ['maintenance'] }],
    [{ services: [{ id: 'A B', description: 'x', grounds: ['purpose'] }] }],
    [{ services: [{ id: 'x', description: 'x', grounds: ['no-law'] }] }],
    [{ services: [1, 2].map(() => ({ id: 'x', description: 'x', grounds: ['purpose'] })) }],
    [{ refusalsPerMinute: 0 }],
  ])('refuses %j', (wrong) => expect(accessOptions.safeParse(wrong).success).toBe(false));
});
