// A picture put together from RTP, in whatever pieces it came, and whatever else comes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPictureCollector } from '../../src/streams/stills/units.ts';

const track = { codec: 'h264', payloadType: 96, control: undefined, parameters: 'sprop-parameter-sets=Z0IAHg==,aM4=' } as const;

function packet(payload: Uint8Array, marker: boolean): Buffer {
  const bytes = Buffer.alloc(12 + payload.length);
  bytes[0] = 0x80;
  bytes[1] = 96 | (marker ? 0x80 : 0);
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
          got = collector.take(packet(Buffer.concat([Buffer.from([0x7c, flags | 5]), unit.subarray(at, end)]), end === unit.length));
          at = end;
        }
        expect(whole?.toString('hex')).toBe(`000000016742001e0000000168ce00000001${unit.toString('hex')}`);
        expect(got).toEqual(whole);
      }),
    );
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
