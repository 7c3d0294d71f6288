// What is kept for the next reader: from the last key frame on, bounded for a path and in all, with its times drawn together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGopMemory } from '../../src/streams/path/gop.ts';
import { packetsIn, pieceOf, rtpPacket, slabOf } from './pieces.ts';

const ticksPerFrame = 3_600;
const limits = { pathBytes: 1_000, totalBytes: 10_000 };

/** A frame of one packet; its number is its sequence number. */
function frame(number: number, isKey: boolean, ticks = ticksPerFrame) {
  return pieceOf(rtpPacket({ sequence: number, timestamp: number * ticks, payload: [isKey ? 0x65 : 0x41, 0, 0] }), { isKey });
}

describe('the pictures that are kept', () => {
  it('are those since the last key frame, in order', () => {
    const gop = openGopMemory(limits).open();
    for (let number = 0; number < 8; number += 1) gop.add(frame(number, number === 2 || number === 5));
    const kept = gop.catchUp();
    expect(packetsIn(kept?.bytes ?? Buffer.alloc(0)).map(({ sequence }) => sequence)).toEqual([5, 6, 7]);
    expect(kept?.frames).toBe(3);
  });

  it('are none before the first key frame, and none after a gap', () => {
    const gop = openGopMemory(limits).open();
    gop.add(frame(0, false));
    expect(gop.catchUp()).toBeUndefined();
    gop.add(frame(1, true));
    gop.clear();
    gop.add(frame(2, false));
    expect(gop.catchUp()).toBeUndefined();
  });

  it('begin with parameter sets that came in frames of their own', () => {
    const gop = openGopMemory(limits).open();
    const sets = (sequence: number, type: number, isKey: boolean) =>
      pieceOf(rtpPacket({ sequence, timestamp: sequence, payload: [type, 0, 0] }), { isKey, frames: 0 });
    for (const piece of [frame(0, true), frame(1, false), sets(2, 0x67, true), sets(3, 0x68, false), frame(4, true), frame(5, false)])
      gop.add(piece);
    expect(packetsIn(gop.catchUp()?.bytes ?? Buffer.alloc(0)).map(({ type }) => type)).toEqual([7, 8, 5, 1]);
  });

  it('hold the slabs they lie in, once each, and no longer than they are kept', () => {
    const gop = openGopMemory(limits).open();
    const packets = [0, 1, 2].map((sequence) => rtpPacket({ sequence, timestamp: 0 }));
    const slab = slabOf(Buffer.concat(packets));
    const { length } = packets[0] ?? [];
    for (const at of [0, 1, 2]) gop.add(pieceOf(slab.bytes.subarray(at * length, (at + 1) * length), { slab, isKey: at === 0 }));
    expect(slab.holds).toBe(1);
    expect(gop.catchUp()?.bytes.equals(slab.bytes)).toBe(true);
    gop.add(frame(3, true));
    expect(slab.holds).toBe(0);
  });

  it('are given up for a path where they grow too large, until the next key frame', () => {
    const memory = openGopMemory({ ...limits, pathBytes: 60 });
    const gop = memory.open();
    for (let number = 0; number < 6; number += 1) gop.add(frame(number, number === 0));
    expect([gop.isEmpty, memory.usedBytes]).toEqual([true, 0]);
    gop.add(frame(6, true));
    expect(gop.catchUp()?.frames).toBe(1);
  });

  it('give way in all to those that were asked for later', () => {
    const memory = openGopMemory({ pathBytes: 1_000, totalBytes: 100 });
    const [first, second, third] = [memory.open(), memory.open(), memory.open()];
    for (const gop of [first, second]) for (let number = 0; number < 2; number += 1) gop.add(frame(number, number === 0));
    first.catchUp();
    for (let number = 0; number < 2; number += 1) third.add(frame(number, number === 0));
    expect([first, second, third].map((gop) => gop.isEmpty)).toEqual([false, true, false]);
    expect(memory.usedBytes).toBeLessThanOrEqual(100);
    first[Symbol.dispose]();
    expect(memory.usedBytes).toBe(38);
  });

  it('leave out sender reports, and draw ten seconds together into a fifth of one, across the wrap of the clock', () => {
    const gop = openGopMemory({ pathBytes: 100_000, totalBytes: 100_000 }).open();
    const start = 2 ** 32 - 100_000;
    for (let number = 0; number < 250; number += 1) {
      const report = Buffer.concat([Buffer.from([0x24, 1, 0, 28, 0x80, 200]), Buffer.alloc(26)]);
      const packet = rtpPacket({ sequence: number, timestamp: start + number * ticksPerFrame });
      gop.add(pieceOf(Buffer.concat([report, packet]), { isKey: number === 0 }));
    }
    const kept = packetsIn(gop.catchUp()?.bytes ?? Buffer.alloc(0));
    const times = kept.map(({ timestamp }) => (timestamp - start) >>> 0);
    expect(times.at(-1)).toBe(249 * ticksPerFrame);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBe(18_000);
    expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0))).toBe(true);
  });

  it('keep the order of what is shown, whatever the order that it comes in', () => {
    const orders = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(orders, (shown) => {
        const gop = openGopMemory({ pathBytes: 100_000, totalBytes: 100_000 }).open();
        for (const [at, number] of shown.entries())
          gop.add(pieceOf(rtpPacket({ sequence: at, timestamp: number * ticksPerFrame }), { isKey: at === 0 }));
        const kept = packetsIn(gop.catchUp()?.bytes ?? Buffer.alloc(0));
        const byTime = (times: readonly number[]): number[] =>
          times.map((_, at) => at).toSorted((a, b) => ((times[a] ?? 0) - (times[b] ?? 0)) | 0);
        expect(kept.map(({ sequence }) => sequence)).toEqual(shown.map((_, at) => at));
        expect(byTime(kept.map(({ timestamp }) => timestamp))).toEqual(byTime(shown));
      }),
    );
  });
});
