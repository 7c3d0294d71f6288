// The pure parts of the MQTT drivers for whatever may come: topics and their keys, payloads, packets in any pieces, allowances; and what may be configured.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvedSecret } from '#base';
import { sensorsOptions } from '#sensors/options';
import { readPayload } from '../../src/sensors/messages/payload.ts';
import { openBucket } from '../../src/sensors/mqtt/flood.ts';
import { openFraming, type Packet, publishIn } from '../../src/sensors/mqtt/framing.ts';
import { openTopicFilter } from '../../src/sensors/mqtt/topics.ts';
import { openUserRates } from '../../src/sensors/mqtt/user-rates.ts';
import { openFakeClock } from '../fakes/clock.ts';

const level = fc.constantFrom('a', 'b', '', 'devEui', '가');
const topic = fc.array(level, { minLength: 1, maxLength: 6 }).map((levels) => levels.join('/'));

/** MQTT 3.1.1 §4.7 as it reads, by taking level after level. */
function fits(filter: readonly string[], levels: readonly string[]): boolean {
  const [wanted, ...further] = filter;
  const [level, ...rest] = levels;
  if (wanted === '#') return true;
  if (wanted === undefined || level === undefined) return wanted === level;
  return (wanted === '+' || wanted === level) && fits(further, rest);
}

describe('topics', () => {
  it.each([
    ['application/+/device/{key}/event/up', 'application/7/device/a840/event/up', 'a840'],
    ['application/+/device/{key}/event/up', 'application/7/device/a840/event/join', 'no'],
    ['application/+/device/{key}/event/up', 'application/7/device//event/up', undefined],
    ['{key}/#', 'one', 'one'],
    ['{key}/#', 'one/two/three', 'one'],
    ['a/b', 'a/b/c', 'no'],
    ['a/+', 'a', 'no'],
    ['#', '$SYS/broker/uptime', 'no'],
    ['+/x', '$SYS/x', 'no'],
    ['$SYS/{key}', '$SYS/uptime', 'uptime'],
    ['a/{key}', 'a/__proto__', '__proto__'],
  ])('%s and %s: %s', (filter, name, key) => {
    expect(openTopicFilter(filter).match(name)).toEqual(key === 'no' ? undefined : { key });
  });

  it('fit as the standard says, and give the level that stands at {key}', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '', '+', '{key}'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, fc.boolean(), topic, (levels, isOpen, name) => {
        const place = levels.indexOf('{key}');
        const filter = [...levels.map((each, index) => (each === '{key}' && index !== place ? '+' : each)), ...(isOpen ? ['#'] : [])];
        const found = openTopicFilter(filter.join('/'));
        const plain = filter.map((each) => (each === '{key}' ? '+' : each));
        expect(found.subscription).toBe(plain.join('/'));
        const match = found.match(name);
        expect(match !== undefined).toBe(fits(plain, name.split('/')));
        if (match) expect(match.key).toBe(place < 0 ? undefined : name.split('/')[place] || undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('are checked in the configuration', () => {
    const problemOf = (source: object): string | undefined => {
      const given = { id: 's', device: 'd', template: 'door', ...source };
      const mqtt = { connections: [{ id: 'c', url: 'mqtt://127.0.0.1', clientId: 'c', sources: [given] }] };
      const parsed = sensorsOptions.safeParse({ mqtt });
      return parsed.error?.issues.map(({ message, path }) => `${path.join('.')} ${message}`).join('; ');
    };
    for (const wrong of ['', 'a/#/b', 'a+', 'a/b#', '{key}/{key}', 'x{key}', 'a\u0000'])
      expect(problemOf({ topics: [wrong] })).toContain('topics.0');
    for (const right of ['a', '/', 'a/+/b', '#', 'a/#', '가/나', '+/+']) expect(problemOf({ topics: [right] })).toBeUndefined();
    expect(problemOf({ topics: ['a/{key}'] })).toBeUndefined();
    expect(problemOf({ topics: ['a/b'], devices: [{ device: 'x', key: 'k' }] })).toContain('devices and map.device go together');
    expect(problemOf({ topics: ['a/{key}'], devices: [{ device: 'x', key: 'k' }] })).toBeUndefined();
    expect(problemOf({ topics: ['a/{key}'], devices: [{ device: 'd', key: 'k' }] })).toContain('device d is there twice');
  });

  it('of users: a short password is refused, and so is a name that is there twice', () => {
    const user = (password: string) => ({
      name: 'u',
      password: resolvedSecret(password),
      sources: [{ id: 's', device: 'd', template: 'door', topics: ['a'] }],
    });
    const parse = (...users: object[]) => sensorsOptions.safeParse({ mqtt: { broker: { users } } }).success;
    expect([parse(user('long-enough')), parse(user('short')), parse(user('long-enough'), user('long-enough'))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('payloads', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['21.5', { value: 21.5 }],
    ['true', { value: true }],
    ['"open"', { value: 'open' }],
    ['ON', { value: 'ON' }],
    ['low battery\n', { value: 'low battery' }],
    ['경보', { value: '경보' }],
    ['007', { value: '007' }],
    ['{"a":', undefined],
    ['', undefined],
    ['<alarm/>', undefined],
    ['x'.repeat(65), undefined],
  ])('%j', (text, value) => {
    const read = readPayload(Buffer.from(text));
    expect(read.ok ? read.value : undefined).toEqual(value);
  });

  it('of any bytes are read or refused, never thrown at', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof readPayload(bytes).ok === 'boolean'));
    expect(readPayload(Buffer.of(0xff, 0xfe)).ok).toBe(false);
  });
});

const limit = 300;

/** A PUBLISH as MQTT 3.1.1 §3.3 has it. */
function publishPacket(name: string, payload: Buffer, qos: 0 | 1): Buffer {
  const topicBytes = Buffer.from(name);
  const head = Buffer.concat([
    Buffer.of(topicBytes.length >> 8, topicBytes.length & 0xff),
    topicBytes,
    qos === 1 ? Buffer.of(0, 7) : Buffer.alloc(0),
  ]);
  return packetOf(0x30 | (qos << 1), Buffer.concat([head, payload]));
}

function packetOf(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    length.push(left >= 128 ? (left % 128) | 0x80 : left);
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.of(first, ...length), body]);
}

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : (places[index - 1] ?? 0), end));
}

describe('packets', () => {
  it('come out whole however they came in, and a large PUBLISH without its payload', () => {
    const one = fc.oneof(
      fc.record({ name: fc.string({ maxLength: 20 }), size: fc.integer({ min: 0, max: 3 * limit }), qos: fc.constantFrom<0 | 1>(0, 1) }),
      fc.constant('ping' as const),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), fc.array(fc.nat(5000), { maxLength: 30 }), (sent, cuts) => {
        const bytes: Buffer[] = [];
        const expected: Buffer[] = [];
        for (const each of sent) {
          if (each === 'ping') {
            bytes.push(Buffer.of(0xc0, 0));
            expected.push(Buffer.of(0xc0, 0));
            continue;
          }
          const payload = Buffer.alloc(each.size, 1);
          bytes.push(publishPacket(each.name, payload, each.qos));
          expected.push(publishPacket(each.name, each.size > limit ? Buffer.alloc(0) : payload, each.qos));
        }
        const framing = openFraming(limit);
        const packets: Packet[] = [];
        for (const piece of inPieces(Buffer.concat(bytes), cuts)) {
          const found = framing(piece);
          if (found === 'broken') throw new Error('broken');
          packets.push(...found);
        }
        expect(packets.map((packet) => packet.bytes.toString('hex'))).toEqual(expected.map((each) => each.toString('hex')));
      }),
      { numRuns: 500 },
    );
  });

  it('of nonsense are passed on or end the connection, and none is large', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }), (pieces) => {
        const framing = openFraming(limit);
        for (const piece of pieces) {
          const found = framing(Buffer.from(piece));
          if (found === 'broken') return;
          for (const { bytes } of found) expect(bytes.length).toBeLessThan(limit + 1100);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('that are large and no PUBLISH, or have a topic beyond all measure, end the connection', () => {
    expect(openFraming(limit)(packetOf(0x10, Buffer.alloc(limit + 1)))).toBe('broken');
    expect(openFraming(limit)(publishPacket('x'.repeat(1100), Buffer.alloc(0), 0))).toBe('broken');
    expect(openFraming(limit)(Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1))).toBe('broken');
    expect(openFraming(limit)(Buffer.of(0x30, 1, 0))).toBe('broken');
  });
});

describe('an allowance', () => {
  it('lets through what it says, however the calls are spread, and says how long to wait', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(500), { minLength: 1, maxLength: 300 }), (perSecond, steps) => {
        let now = 0;
        const bucket = openBucket(perSecond, { monotonicMs: () => now });
        let passed = 0;
        for (const step of steps) {
          now += step;
          if (bucket.take()) passed += 1;
          else {
            now += bucket.waitMs();
            expect(bucket.take()).toBe(true);
            passed += 1;
          }
          expect(passed).toBeLessThanOrEqual(perSecond * 10 + (now * perSecond) / 1000 + 1e-6);
        }
      }),
    );
  });
});

describe('the rate of a user', () => {
  it('reads topic and payload of any PUBLISH', () => {
    fc.assert(
      fc.property(topic, fc.uint8Array({ maxLength: 250 }), fc.constantFrom<0 | 1>(0, 1), (name, bytes, qos) => {
        const [packet] = openFraming(limit)(publishPacket(name, Buffer.from(bytes), qos));
        if (packet === undefined || typeof packet === 'string') return expect.fail();
        const read = publishIn(packet.bytes);
        expect([read.topic, read.payload.equals(bytes), read.qos]).toEqual([name, true, qos]);
      }),
    );
  });

  it('is one for all connections; what raises a critical alarm never waits, what eases one has the rate once more', () => {
    const clock = openFakeClock(0);
    const over: string[] = [];
    const intake = {
      look: (_: string, { topic: sender }: { topic: string }) => ({
        sender,
        urgency: () => (sender === 'fire' ? 'raises' : sender === 'over' ? 'eases' : 'none'),
      }),
    };
    const rates = openUserRates(1, { intake, floods: { over: (user) => over.push(user) }, clock });
    const send = (user: string, name: string): number =>
      rates.waitMs(user, { type: 3, bytes: publishPacket(name, Buffer.of(1), 1), isCut: false });
    const passing = (user: string, name: string): number =>
      Array.from({ length: 30 }, () => send(user, name)).filter((ms) => ms === 0).length;
    expect([passing('a', 'tick'), passing('a', 'tick'), passing('b', 'tick')]).toEqual([10, 0, 10]);
    expect([passing('a', 'fire'), passing('a', 'over'), passing('a', 'over')]).toEqual([30, 10, 0]);
    expect(send('a', 'tick')).toBe(1000);
    expect(rates.waitMs('a', { type: 3, bytes: publishPacket('fire', Buffer.of(), 1), isCut: true })).toBe(1000);
    clock.advance(1000);
    expect(send('a', 'tick')).toBe(0);
    expect(new Set(over)).toEqual(new Set(['a', 'b']));
  });
});
