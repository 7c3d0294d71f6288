// The FLV child and one camera that means no good: what hangs it is not given to it, one that hangs or grows is ended, and its other readers go on.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv, systemRandom } from '#base';
import { failureText, type SourceFailure } from '../../src/streams/faults.ts';
import { openFeeds } from '../../src/streams/flv/feeds.ts';
import { openKeeper } from '../../src/streams/flv/keeper.ts';
import { openStrikes } from '../../src/streams/flv/strikes.ts';
import { openUnitWatch } from '../../src/streams/flv/unit-watch.ts';
import { hasHarmlessSets, isHarmless, sizeOf } from '../../src/streams/rtsp/picture-size.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { rtpPacket } from './pieces.ts';
import { until } from './raw-reader.ts';

const env = systemEnv(openLog('silent'));

/** The number as ue(v) of ITU-T H.264 §9.1. */
function golomb(value: number): string {
  const bits = (value + 1).toString(2);
  return '0'.repeat(bits.length - 1) + bits;
}

/** A sequence parameter set of the baseline profile whose order count is of type 1 with a cycle of so many; its size follows where `isWhole`. */
function setOf(cycle: number, isWhole: boolean): Buffer {
  const offsets = isWhole ? '1'.repeat(cycle) : '';
  const size = `${golomb(1)}0${golomb(19)}${golomb(14)}1100`;
  const bits = `${golomb(0)}${golomb(0)}${golomb(1)}0${golomb(0)}${golomb(0)}${golomb(cycle)}${offsets}${isWhole ? size : ''}1`;
  const bytes = bits.match(/.{1,8}/g)?.map((part) => Number.parseInt(part.padEnd(8, '0'), 2)) ?? [];
  return Buffer.from([0x67, 66, 0, 30, ...bytes]);
}

const evil = setOf(2 ** 30, false);

/** What a watch passes on of packets with these payloads, and what it says of them. */
function watch(payloads: readonly (readonly number[])[], codec: 'h264' | 'h265' = 'h264') {
  const failures: SourceFailure[] = [];
  let passed = 0;
  const line = {
    waitingBytes: 0,
    write: () => {
      passed += 1;
    },
  };
  const watching = openUnitWatch(line, codec, (failure) => failures.push(failure));
  for (const [sequence, payload] of payloads.entries()) watching.write(rtpPacket({ sequence, timestamp: sequence, payload }));
  return { passed, failures };
}

describe('a parameter set', () => {
  it('of a cycle that would be counted for hours is harmful, one of a camera is not', () => {
    expect(sizeOf({ codec: 'h264', parameters: `sprop-parameter-sets=${setOf(3, true).toString('base64')}` })).toEqual({
      width: 320,
      height: 240,
    });
    expect([setOf(3, true), setOf(255, true)].map(isHarmless)).toEqual([true, true]);
    const absurd = Buffer.from([0x67, 66, 0, 30, 0, 0, 0, 0, 1, 1, 1]);
    expect([evil, setOf(256, true), Buffer.concat([setOf(3, true), Buffer.alloc(600)]), absurd].map(isHarmless)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
    const named = (set: Buffer) => ({
      codec: 'h264' as const,
      parameters: `packetization-mode=1;sprop-parameter-sets=${set.toString('base64')},aM4=`,
    });
    expect([named(evil), named(setOf(3, true))].map(hasHarmlessSets)).toEqual([false, true]);
  });

  it('is found by itself and among others, and nothing goes on from there', () => {
    const group = [24, 0, 2, 0x68, 0xce, 0, evil.length, ...evil];
    for (const payload of [[...evil], group]) {
      const { passed, failures } = watch([[0x41, 1, 2], payload, [0x41, 1, 2]]);
      expect(passed).toBe(1);
      expect(failures[0]).toMatchObject({ words: 'flv-unsafe' });
    }
    expect(watch([[0x41, 1, 2], [...setOf(3, true)], [0x42, ...evil.subarray(1)]])).toEqual({ passed: 3, failures: [] });
  });
});

describe('a unit in fragments', () => {
  it.each([
    ['h264', [0x7c, 0x85], [0x7c, 0x05], [0x7c, 0x45], [0x41, 1, 2]],
    ['h265', [0x62, 1, 0x93], [0x62, 1, 0x13], [0x62, 1, 0x53], [2, 1, 2]],
  ] as const)('of %s ends the feed when its end never comes, whatever is sent in between', (codec, first, middle, last, other) => {
    const part = [...middle, ...Buffer.alloc(220)];
    const endless = [[...first, 1], ...Array.from({ length: 40_000 }, () => [part, [...other]]).flat()];
    const { passed, failures } = watch(endless, codec);
    expect(failures[0]).toMatchObject({ reason: 'malformed', detail: 'a picture without end' });
    expect(passed).toBeLessThan(75_000);
    const whole = Array.from({ length: 100 }, () => [[...first, 1], ...Array.from({ length: 400 }, () => part), [...last, 1]]).flat();
    expect(watch(whole, codec).failures).toEqual([]);
  });
});

describe('a stream that has no place in FLV', () => {
  it('is refused in words of its own', async () => {
    const track = { codec: 'jpeg', payloadType: 26, control: undefined, parameters: '' } as const;
    const member = { describe: async () => ({ ok: true, track }) as const, attach: () => {}, leave: () => {} };
    const feeds = openFeeds({ join: () => member }, 2 ** 20, env);
    const feed = feeds.open({ device: 'cam-1', channel: 1, quality: 'main' }, { url: 'rtsp://10.1.2.3/live', user: '', password: '' });
    const connection = { address: '', peer: '', sessionId: 'a', waitingBytes: 0, write: () => {}, cut: () => {} };
    await feeds.visit(connection, createHash('sha256').update(feed.token).digest('hex'))?.describe();
    const failure = await feed.over;
    expect(failureText(failure).en).toBe('this stream has no place in FLV, which carries H.264 and H.265: ask for RTSP (jpeg)');
  });
});

describe('the keeper', () => {
  /** A child that listens, answers pings while it lives, and does what it is told to be told by a feed's name. */
  const child = `
    import { writeSync } from 'node:fs';
    process.on('disconnect', () => process.exit());
    process.on('message', ({ type, feed }) => {
      if (type === 'ping') process.send({ type: 'pong' });
      if (type !== 'drop') return;
      if (feed.startsWith('a')) { writeSync(4, feed, 0); for (;;); }
      if (feed.startsWith('b')) globalThis.kept = Buffer.alloc(600 * 2 ** 20, 1);
    });
    process.send({ type: 'listening', port: 1 });`;

  it.each([
    ['hangs', 'a'.repeat(32), 'a'.repeat(32)],
    ['holds too much', 'b'.repeat(32), undefined],
  ])('ends a child that %s, and knows whose packet it had in hand', async (_name, feed, culprit) => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'bongsu-child-'));
    stack.defer(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'child.mjs'), child);
    const clock = openFakeClock(1_700_000_000_000);
    const died: (string | undefined)[] = [];
    const events = { message: () => {}, died: (name: string | undefined) => void died.push(name), isNeeded: () => true };
    const options = { entry: pathToFileURL(join(folder, 'child.mjs')), startMs: 10_000, idleMs: 30_000 };
    using keeper = openKeeper(options, events, { clock, random: systemRandom, log: openLog('silent') });
    expect(await keeper.awake()).toBe(1);
    const { pid } = keeper;
    for (let count = 0; count < 6; count += 1) {
      await sleep(100);
      clock.advance(1_200);
    }
    expect([keeper.pid, died]).toEqual([pid, []]);
    keeper.send({ type: 'drop', feed });
    await sleep(1_000);
    for (let count = 0; count < 3; count += 1) {
      clock.advance(1_200);
      await sleep(20);
    }
    await until(() => died.length > 0);
    expect(died).toEqual([culprit]);
    clock.advance(3_000);
    expect(await keeper.awake()).toBe(1);
    expect(keeper.pid).not.toBe(pid);
  });
});

describe('strikes', () => {
  it('are kept for an hour, and of a bounded number', () => {
    const clock = openFakeClock(0);
    const strikes = openStrikes(clock);
    strikes.add('a', 1);
    strikes.add('a', 1);
    clock.advance(3_599_999);
    expect([strikes.of('a'), strikes.of('b')]).toEqual([2, 0]);
    clock.advance(1);
    expect(strikes.of('a')).toBe(0);
    for (let count = 0; count <= 1_000; count += 1) strikes.add(`c${count}`, 1);
    expect([strikes.of('c0'), strikes.of('c1')]).toEqual([0, 1]);
  });
});
