// The parser of commands: a table of envelopes, and properties over arbitrary bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isWithinBounds } from '../../src/uplink/wire/bounds.ts';
import { parseTime } from '../../src/uplink/wire/command.ts';
import { parseCommand, refusals } from '../../src/uplink/wire/index.ts';

const now = Date.UTC(2026, 10, 20, 4);
const good = { id: 'c-1', time: '2026-11-20T04:00:00Z', expires: '2026-11-20T04:01:00Z' };

function parse(body: unknown, more: { name?: string | undefined; retained?: boolean } = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseCommand({ name: 'stream.open', payload: Buffer.from(text), retained: false, ...more }, now);
}

describe('parseCommand', () => {
  it('takes a command with its body', () => {
    expect(parse({ ...good, camera: 'cam-1', signature: 's' })).toEqual({
      kind: 'command',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      expires: now + 60_000,
      signature: 's',
      command: {
        id: 'c-1',
        name: 'stream.open',
        issuedAt: now,
        expiresAt: now + 60_000,
        body: { ...good, camera: 'cam-1' },
      },
    });
  });

  it.each<[string, unknown, string, string]>([
    ['no JSON', 'open the camera', '', 'malformed'],
    ['an empty payload', '', '', 'malformed'],
    ['an array', [good], '', 'malformed'],
    ['null', 'null', '', 'malformed'],
    ['a torn object', '{"id":"c-1"', '', 'malformed'],
    ['no id', { ...good, id: undefined }, '', 'id-invalid'],
    ['a number as id', { ...good, id: 7 }, '', 'id-invalid'],
    ['an id with a slash', { ...good, id: 'a/b' }, '', 'id-invalid'],
    ['an id of 65', { ...good, id: 'x'.repeat(65) }, '', 'id-invalid'],
    ['no time', { ...good, time: undefined }, 'c-1', 'time-invalid'],
    ['a local time', { ...good, time: '2026-11-20T04:00:00' }, 'c-1', 'time-invalid'],
    ['a day that is none', { ...good, time: '2026-02-30T04:00:00Z' }, 'c-1', 'time-invalid'],
    ['no expiry', { ...good, expires: undefined }, 'c-1', 'time-invalid'],
    ['an expiry before the time', { ...good, expires: '2026-11-20T03:59:59Z' }, 'c-1', 'time-invalid'],
    ['an expiry two hours ahead', { ...good, expires: '2026-11-20T06:00:00Z' }, 'c-1', 'expiry-too-far'],
    ['20 KiB', { ...good, note: 'x'.repeat(20_000) }, '', 'too-large'],
    ['nine levels', { ...good, a: [[[[[[[[1]]]]]]]] }, '', 'too-large'],
    ['600 members', { ...good, a: Array.from({ length: 600 }, () => 1) }, '', 'too-large'],
  ])('refuses %s', (_, body, id, reason) => {
    expect(parse(body)).toEqual({ kind: 'refused', id, reason });
  });

  it('refuses bytes that are no UTF-8, a retained command, a nameless topic', () => {
    expect(parseCommand({ name: 'x', payload: Buffer.from([0x7b, 0xff, 0x7d]), retained: false }, now)).toMatchObject({
      reason: 'malformed',
    });
    expect(parse(good, { retained: true })).toEqual({ kind: 'refused', id: 'c-1', reason: 'retained' });
    expect(parse(good, { name: undefined })).toEqual({ kind: 'refused', id: 'c-1', reason: 'name-invalid' });
  });

  it.each([
    ['unset', Date.UTC(1970, 0, 1, 0, 5)],
    ['behind the hub’s', now - 600_000],
    ['a moment behind', now - 1],
  ])('lets a command live from its arrival when the clock is %s', (_, clock) => {
    const parsed = parseCommand({ name: 'stream.open', payload: Buffer.from(JSON.stringify(good)), retained: false }, clock);
    expect(parsed).toMatchObject({ kind: 'command', command: { issuedAt: now, expiresAt: clock + 60_000 } });
  });

  it('lets it end as it says when the clock is right or ahead', () => {
    for (const ahead of [0, 30_000, 600_000]) {
      const parsed = parseCommand({ name: 'stream.open', payload: Buffer.from(JSON.stringify(good)), retained: false }, now + ahead);
      expect(parsed).toMatchObject({ kind: 'command', command: { expiresAt: now + 60_000 } });
    }
  });

  it('takes an expiry that is over: the table decides, because it may know the command', () => {
    const late = { ...good, time: '2026-11-20T03:00:00Z', expires: '2026-11-20T03:01:00Z' };
    expect(parse(late)).toMatchObject({ kind: 'command', command: { expiresAt: now - 59 * 60_000 } });
  });

  it('never throws, and refuses with a known reason, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (payload) => {
          const parsed = parseCommand({ name: 'stream.open', payload, retained: false }, now);
          return parsed.kind === 'command' || parsed.reason in refusals;
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('hashes the same command alike in any order of keys, and another one otherwise', () => {
    const body = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 });
    fc.assert(
      fc.property(body, (extra) => {
        const members = Object.entries({ ...extra, ...good });
        const turned = Object.fromEntries(members.toReversed());
        const first = parse(Object.fromEntries(members));
        const second = parse(turned);
        const other = parse({ ...turned, id: 'c-1', marker: 'other' });
        if (first.kind === 'refused' || second.kind === 'refused' || other.kind === 'refused') return first.kind === second.kind;
        return first.hash === second.hash && (first.hash !== other.hash || extra['marker'] === 'other');
      }),
    );
  });
});

describe('isWithinBounds', () => {
  it('agrees with the parsed value about the depth', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 6 }), (value, depth) => {
        return isWithinBounds(JSON.stringify(value), { depth, members: 1e9 }) === depthOf(value) <= depth;
      }),
    );
  });

  it('is not deceived by brackets in strings', () => {
    expect(isWithinBounds('{"a":"[[[[{{{{\\"[["}', { depth: 1, members: 2 })).toBe(true);
  });
});

describe('canonicalJson', () => {
  it('keeps the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const clean: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(clean))).toEqual(clean);
      }),
    );
  });
});

describe('parseTime', () => {
  it.each<[unknown, number | undefined]>([
    ['2026-11-20T04:00:00Z', now],
    ['2026-11-20T13:00:00+09:00', now],
    ['2026-11-20T04:00:00.5Z', now + 500],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-11-20T25:00:00Z', undefined],
    ['20 Nov 2026', undefined],
    ['', undefined],
    [1795147200000, undefined],
    [null, undefined],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it('reads back every time that is written', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (ms) => parseTime(new Date(ms).toISOString()) === ms));
  });
});
