// The small pure parts of the session: frames, window, versions, reason codes, topics, packet sizes, options.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvedSecret, systemClock } from '#base';
import { uplinkOptions } from '#uplink/options';
import { openFrameGuard } from '../../src/uplink/frames.ts';
import { meaningOf } from '../../src/uplink/reasons.ts';
import { parseAddress } from '../../src/uplink/socket.ts';
import { openVersionMemory } from '../../src/uplink/version.ts';
import { openWindow } from '../../src/uplink/window.ts';
import { commandNameOf, isAnswerTopic, openTopics } from '../../src/uplink/wire/index.ts';

function frame(bodyBytes: number): Buffer {
  const length: number[] = [];
  let left = bodyBytes;
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bodyBytes, 0xff)]);
}

describe('openFrameGuard', () => {
  it('passes all packets within the limit and none beyond, however they are cut', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (bodies, cuts) => {
        const bytes = Buffer.concat(bodies.map(frame));
        const guard = openFrameGuard(500);
        let passed = true;
        for (let at = 0, turn = 0; at < bytes.length && passed; turn += 1) {
          const step = cuts[turn % cuts.length] ?? 1;
          passed = guard(bytes.subarray(at, at + step)) === undefined;
          at += step;
        }
        return passed === bodies.every((body) => body <= 500);
      }),
    );
  });

  it('refuses a length of more than four bytes', () => {
    expect(openFrameGuard(2 ** 28)(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80]))).toBe('packet-too-large');
  });

  it.each([
    [0x30, undefined],
    [0x32, undefined],
    [0x3b, undefined],
    [0x34, 'qos-refused'],
    [0x36, 'qos-refused'],
    [0x3c, 'qos-refused'],
    [0x40, undefined],
    [0x62, undefined],
    [0x90, undefined],
  ])('judges a packet that begins with %i', (byte, verdict) => {
    expect(openFrameGuard(500)(Buffer.from([0x30, 1, 0xff, byte, 2, 0x34, 0x34]))).toBe(verdict);
  });
});

describe('openWindow', () => {
  it('starts what may wait in handfuls and in order, and never lets the last of it wait for more', async () => {
    const window = openWindow(32);
    const { signal } = new AbortController();
    const started: number[] = [];
    const take = (index: number) => void window.take('entry', signal).then(() => started.push(index));
    for (let index = 0; index < 40; index += 1) take(index);
    await sleep(1);
    expect(started).toHaveLength(28);
    for (const count of [28, 28, 28, 32]) {
      window.release();
      await sleep(1);
      expect(started).toHaveLength(count);
    }
    window.release();
    take(40);
    for (let left = 31; left > 0; left -= 1) window.release();
    await sleep(1);
    expect(started).toEqual(Array.from({ length: 41 }, (_, index) => index));
  });

  it('lets no more through than its capacity: critical entries first, then announcements', async () => {
    const window = openWindow(1);
    const { signal } = new AbortController();
    await window.take('entry', signal);
    const order: string[] = [];
    const waiting = (['entry', 'live', 'announcement', 'critical'] as const).map((rank) =>
      window.take(rank, signal).then(() => order.push(rank)),
    );
    await sleep(1);
    expect([window.free('critical'), order]).toEqual([0, []]);
    for (const expected of [
      ['critical'],
      ['critical', 'announcement'],
      ['critical', 'announcement', 'live'],
      ['critical', 'announcement', 'live', 'entry'],
    ]) {
      window.release();
      await sleep(1);
      expect(order).toEqual(expected);
    }
    await Promise.all(waiting);
    window.release();
    expect(window.free('entry')).toBe(1);
  });

  it.each([
    [1, 1],
    [3, 3],
    [4, 3],
    [16, 14],
    [64, 56],
    [1024, 896],
  ])('of %i slots leaves %i to what is not critical', async (capacity, open) => {
    const window = openWindow(capacity);
    const stop = new AbortController();
    expect([window.free('entry'), window.free('announcement'), window.free('critical')]).toEqual([open, open, capacity]);
    for (let slot = 0; slot < open; slot += 1) await window.take('entry', stop.signal);
    let passed = false;
    const late = window.take('announcement', stop.signal).then(() => (passed = true));
    for (let slot = open; slot < capacity; slot += 1) await window.take('critical', stop.signal);
    for (let slot = open; slot < capacity; slot += 1) window.release();
    await sleep(1);
    expect([passed, window.free('entry'), window.free('critical')]).toEqual([false, 0, capacity - open]);
    window.release();
    await late;
  });

  it('forgets a waiter that gives up', async () => {
    const window = openWindow(1);
    const stop = new AbortController();
    await window.take('entry', stop.signal);
    const waiting = window.take('entry', stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    window.release();
    expect(window.free('entry')).toBe(1);
  });

  it('tells of every slot that is given back', async () => {
    const window = openWindow(4);
    let told = 0;
    const watch = window.watch(() => {
      told += 1;
    });
    await window.take('entry', new AbortController().signal);
    expect(told).toBe(0);
    window.release();
    expect(told).toBe(1);
    watch[Symbol.dispose]();
    await window.take('entry', new AbortController().signal);
    window.release();
    expect(told).toBe(1);
  });
});

describe('openVersionMemory', () => {
  it('tries 5, then 3.1.1, remembers it for an hour, then asks for 5 again', () => {
    let ms = 0;
    const memory = openVersionMemory({ ...systemClock, monotonicMs: () => ms });
    expect(memory.choose()).toBe(5);
    expect(memory.failed(5, 'version-refused')).toBe(true);
    expect(memory.choose()).toBe(4);
    memory.succeeded(4);
    ms = 3_599_999;
    memory.succeeded(4);
    expect(memory.choose()).toBe(4);
    ms = 3_600_001;
    expect(memory.choose()).toBe(5);
  });

  it.each(['silent-close', 'version-refused'] as const)('goes back to 5 when 3.1.1 fails too (%s)', (hint) => {
    const memory = openVersionMemory(systemClock);
    memory.failed(5, hint);
    expect(memory.failed(4, hint)).toBe(false);
    expect(memory.choose()).toBe(5);
  });

  it('does not doubt the version when nobody answers', () => {
    const memory = openVersionMemory(systemClock);
    expect(memory.failed(5, 'other')).toBe(false);
    expect(memory.choose()).toBe(5);
  });
});

describe('meaningOf', () => {
  it.each([
    [0, 'confirmed'],
    [0x10, 'unheard'],
    [0x80, 'later'],
    [0x83, 'set-aside'],
    [0x87, 'set-aside'],
    [0x88, 'later'],
    [0x89, 'later'],
    [0x90, 'set-aside'],
    [0x95, 'set-aside'],
    [0x96, 'later'],
    [0x97, 'later'],
    [0x99, 'set-aside'],
  ])('sorts %i', (code, meaning) => {
    expect(meaningOf(code)).toBe(meaning);
    expect(meaningOf(code, 'confirm')).toBe(code === 0x10 ? 'confirmed' : meaning);
  });
});

describe('topics', () => {
  it.each([
    ['bongsu/v1/hub/reply/7', true],
    ['bongsu/v1/52710/gw-1/outcome/stream.open', true],
    ['bongsu/v1/52710/gw-1/reply/7', true],
    ['bongsu/v1/52710/gw-2/command/stream.open', false],
    ['bongsu/v1/52710/gw-1/alarm/smoke/s-1', false],
    ['bongsu/v1/52710/gw-1/state', false],
    ['bongsu/v1/hub/#', false],
    ['bongsu/v1/hub/+', false],
    ['other/reply', false],
    [`bongsu/v1/${'x'.repeat(300)}`, false],
    ['bongsu/v1/\u0000', false],
  ])('an answer to %s: %s', (topic, allowed) => {
    expect(isAnswerTopic(topic, 'bongsu/v1/')).toBe(allowed);
  });

  it.each([
    ['stream.open', 'stream.open'],
    ['stream/open', 'stream.open'],
    ['reboot', 'reboot'],
    ['', undefined],
    ['stream/', undefined],
    ['/open', undefined],
    ['stream//open', undefined],
    ['Stream/open', undefined],
    ['a/b/c/d/e', undefined],
  ])('the command in command/%s: %s', (end, name) => {
    const topics = openTopics({ site: '52710', gateway: 'gw-1', bootId: 'b' });
    expect(commandNameOf(topics, `${topics.base}/command/${end}`)).toBe(name);
  });

  it.each([
    ['5271', 'gw'],
    ['52710', 'gw/1'],
    ['52710', '+'],
    ['', ''],
  ])('refuses to be %s/%s', (site, gateway) => {
    expect(() => openTopics({ site, gateway, bootId: 'b' })).toThrow(expect.objectContaining({ code: 'uplink.identity-invalid' }));
  });
});

describe('uplinkOptions', () => {
  it('needs nothing but the address', () => {
    expect(uplinkOptions.parse({ url: 'mqtts://hub.example:8883' })).toMatchObject({
      window: 64,
      keepalive: 15_000,
      tls: {},
      responsePrefix: 'bongsu/v1/',
    });
  });

  it('takes a password that was read', () => {
    expect(uplinkOptions.parse({ url: 'mqtt://10.0.0.1', username: 'gw', password: resolvedSecret('s') }).password).toBe('s');
  });

  it.each([
    [{ url: 'http://hub' }],
    [{ url: 'mqtts://user:pw@hub:8883' }],
    [{ url: 'mqtts://hub', tls: { cert: '/a.pem' } }],
    [{ url: 'mqtts://hub', window: 0 }],
    [{ url: 'mqtts://hub', password: 'in-clear' }],
    [{ url: 'mqtts://hub', keepalive: '1s' }],
    [{ url: 'mqtts://hub', speed: 1 }],
    [{}],
  ])('refuses %j', (options) => {
    expect(uplinkOptions.safeParse(options).success).toBe(false);
  });

  it.each([
    ['mqtts://hub.example', { secure: true, host: 'hub.example', port: 8883 }],
    ['mqtt://10.1.2.3', { secure: false, host: '10.1.2.3', port: 1883 }],
    ['mqtts://[fd00::1]:8884/', { secure: true, host: 'fd00::1', port: 8884 }],
  ])('reads %s', (url, address) => {
    expect(uplinkOptions.parse({ url }).url).toBe(url);
    expect(parseAddress(url)).toEqual(address);
  });
});
