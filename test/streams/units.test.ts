// A picture put together from RTP, in whatever pieces it came, and whatever else comes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPictureCollector } from '../../src/streams/stills/units.ts';

const track = { codec: 'h264', payloadType: 96, control: undefined, parameters: 'sprop-parameter-sets=Z0IAHg==,aM4=' } as const;

function packet(payload: Uint8Array, marker: boolean, { sequence = 0, timestamp = 0 } = {}): Buffer {
  const bytes = Buffer.alloc(12 + payload.length);
  bytes[0] = 0x80;
  bytes[1] = 96 | (marker ? 0x80 : 0);
  bytes.writeUInt16BE(sequence & 0xffff, 2);
  bytes.writeUInt32BE(timestamp, 4);
  bytes.set(payload, 12);
  return bytes;
}

describe('the picture collector', () => {
  it('gives the same picture for whole units and for fragments of them', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 400 }), sizes, (body, cuts) => {
        const unit = Buffer.concat([Buffer.from([0x65]), body]);
        const whole = openPictureCollector(track).take(packet(unit, true));
        const collector = openPictureCollector(track);
        let got: Buffer | undefined;
        for (let at = 1, turn = 0; at < unit.length; turn += 1) {
          const end = Math.min(unit.length, at + (cuts[turn % cuts.length] ?? 1));
          const flags = (at === 1 ? 0x80 : 0) | (end === unit.length ? 0x40 : 0);
          got = collector.take(
            packet(Buffer.concat([Buffer.from([0x7c, flags | 5]), unit.subarray(at, end)]), end === unit.length, {
              sequence: 65_534 + turn,
            }),
          );
          at = end;
        }
        expect(whole?.toString('hex')).toBe(`000000016742001e0000000168ce00000001${unit.toString('hex')}`);
        expect(got).toEqual(whole);
      }),
    );
  });

  /** Three frames of three packets each, the middle one no key frame,, from a camera that sends them in order; what is taken when some are lost. */
  it.each<[string, readonly number[], number | undefined]>([
    ['none', [], 0],
    ['the middle of the first', [1], 2],
    ['its beginning', [0], 2],
    ['its end', [2], 2],
    ['its end and the beginning of the one after, which is no key frame', [2, 3], 2],
    ['a piece and all of the next, so that a slice may be missing before what follows', [1, 3, 4, 5], undefined],
    ['a piece of each', [1, 4, 7], undefined],
  ])('when %s is lost, takes the next key frame that is whole', (_name, lost, wanted) => {
    const frames = [5, 1, 5];
    const packets = frames.flatMap((type, frame) =>
      [0x80, 0, 0x40].map((flags, piece) => {
        const at = { sequence: 65_533 + frame * 3 + piece, timestamp: frame * 3000 };
        return packet(Buffer.from([0x7c, flags | type, frame, piece, 7]), piece === 2, at);
      }),
    );
    const collector = openPictureCollector(track);
    const got = packets.filter((_packet, index) => !lost.includes(index)).map((bytes) => collector.take(bytes));
    const picture = got.find((one) => one !== undefined);
    const body = [0, 1, 2].map((piece) => `0${wanted}0${piece}07`).join('');
    expect(picture?.toString('hex')).toBe(wanted === undefined ? undefined : `000000016742001e0000000168ce0000000165${body}`);
  });

  it('joins parameter sets that have a time of their own, and needs no marker', () => {
    const collector = openPictureCollector({ ...track, parameters: '' });
    expect(collector.take(packet(Buffer.from([0x67, 1, 2]), true, { sequence: 1, timestamp: 1 }))).toBeUndefined();
    expect(collector.take(packet(Buffer.from([0x68, 3, 4]), true, { sequence: 2, timestamp: 1 }))).toBeUndefined();
    expect(collector.take(packet(Buffer.from([0x65, 5, 6]), false, { sequence: 3, timestamp: 2 }))).toBeUndefined();
    const picture = collector.take(packet(Buffer.from([0x41, 7, 8]), false, { sequence: 4, timestamp: 3 }));
    expect(picture?.toString('hex')).toBe('000000016701020000000168030400000001650506');
  });

  it('bears any packets, and gives no picture that lacks its beginning', () => {
    for (const codec of ['h264', 'h265'] as const) {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (packets) => {
          const collector = openPictureCollector({ ...track, codec });
          for (const bytes of packets) collector.take(Buffer.from(bytes));
        }),
      );
    }
    expect(openPictureCollector(track).take(packet(Buffer.from([0x7c, 0x45, 1, 2, 3]), true))).toBeUndefined();
  });
});
