// A reader: where it starts, what it loses when its line is slow, and what it may not keep from being used again.
import { describe, expect, it } from 'vitest';
import { openBacklog } from '../../src/streams/path/backlog.ts';
import { openReader } from '../../src/streams/path/reader.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { pieceOf, slabOf } from './pieces.ts';

const frame = (isKey: boolean, slab = slabOf(Buffer.from([0x24, 0, 0, 1, 9]))) => pieceOf(slab.bytes, { isKey, slab });

function opened(channels = { rtp: 0, rtcp: 1 }) {
  const clock = openFakeClock(1_700_000_000_000);
  const line = {
    waitingBytes: 0,
    written: [] as Buffer[],
    write: (bytes: Buffer) => void line.written.push(bytes),
  };
  return { clock, line, reader: openReader(line, { channels, bufferBytes: 1_000 }, clock) };
}

describe('a reader', () => {
  it('starts at a key frame, or after long at any', () => {
    const { clock, line, reader } = opened();
    reader.take(frame(false));
    expect(line.written).toHaveLength(0);
    clock.advance(13_000);
    reader.take(frame(false));
    expect(line.written).toHaveLength(1);
  });

  it('loses all up to the next key frame when its line is slow, and counts it', () => {
    const { line, reader } = opened();
    reader.take(frame(true));
    line.waitingBytes = 1_001;
    reader.take(frame(false));
    for (const isKey of [false, true]) reader.take(frame(isKey));
    line.waitingBytes = 400;
    reader.take(frame(false));
    expect(reader.counts).toEqual({ frames: 2, bytes: 10, dropped: 3 });
    reader.take(frame(true));
    expect(reader.counts).toMatchObject({ frames: 3, dropped: 3 });
    expect(reader.stalledMs()).toBe(0);
  });

  it('begins with what was kept, unless that does not fit', () => {
    const { line, reader } = opened();
    const backlog = openBacklog(10_000);
    expect(reader.enter(backlog, { bytes: Buffer.alloc(1_001), frames: 9 })).toBe(false);
    expect(reader.enter(backlog, undefined)).toBe(false);
    expect(reader.enter(backlog, { bytes: Buffer.alloc(900), frames: 9 })).toBe(true);
    reader.take(frame(false));
    expect(line.written.map(({ length }) => length)).toEqual([900, 5]);
    expect(reader.counts.frames).toBe(10);
  });

  it('waits for a key frame after a gap, and counts nothing as lost', () => {
    const { line, reader } = opened();
    reader.take(frame(true));
    reader.interrupt();
    reader.take(frame(false));
    reader.take(frame(true));
    expect(line.written).toHaveLength(2);
    expect(reader.counts.dropped).toBe(0);
  });

  it('gives away the slab of what waits, and of nothing else', () => {
    const { line, reader } = opened();
    const [quick, slow] = [slabOf(Buffer.alloc(5)), slabOf(Buffer.alloc(5))];
    reader.take(frame(true, quick));
    line.waitingBytes = 5;
    reader.take(frame(false, slow));
    expect([quick.isGone, slow.isGone]).toEqual([false, true]);
    const other = opened({ rtp: 4, rtcp: 5 });
    const copied = slabOf(Buffer.from([0x24, 0, 0, 1, 9]));
    other.line.waitingBytes = 5;
    other.reader.take(frame(true, copied));
    expect([copied.isGone, other.line.written[0]?.[1], copied.bytes[1]]).toEqual([false, 4, 0]);
  });

  it('counts in what waits for all, and gives way when that is too much, if it is far behind itself', () => {
    const backlog = openBacklog(1_500);
    const [far, near] = [opened(), opened()];
    for (const { reader } of [far, near]) {
      reader.enter(backlog, undefined);
      reader.take(frame(true));
    }
    far.line.waitingBytes = 900;
    near.line.waitingBytes = 100;
    for (const { reader } of [far, near]) reader.take(frame(false));
    expect(backlog.bytes).toBe(1_000);
    backlog.change(600);
    for (const { reader } of [far, near]) reader.take(frame(false));
    expect([far.reader.counts.dropped, near.reader.counts.dropped]).toEqual([1, 0]);
    far.reader.leave();
    near.reader.leave();
    expect(backlog.bytes).toBe(600);
  });
});
