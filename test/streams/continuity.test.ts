// Pieces of a camera's packets, and several connections as one stream.
import { describe, expect, it } from 'vitest';
import { Continuity, type Piece } from '../../src/streams/source/index.ts';
import { PieceMaker } from '../../src/streams/source/pieces.ts';
import { openSlabs } from '../../src/streams/source/slabs.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { type Packet, packetsIn, rtpPacket, slabOf } from './pieces.ts';

const track = { codec: 'h264', payloadType: 96 } as const;

/** A path's maker for one connection after the other, and all that readers would get. */
function opened(codec: 'h264' | 'h265' | 'jpeg' = 'h264') {
  const clock = openFakeClock(1_700_000_000_000);
  const continuity = new Continuity(clock);
  const pieces: Piece[] = [];
  const connect = () => {
    continuity.renew();
    const maker = new PieceMaker({ ...track, codec }, { rtp: 0, rtcp: 1 }, { sink: (piece) => void pieces.push(piece), continuity });
    return (...packets: readonly Buffer[]) => {
      const slab = slabOf(Buffer.concat(packets));
      let at = 0;
      for (const { length } of packets) {
        maker.take(slab, at, at + length);
        at += length;
      }
    };
  };
  const seen = () => packetsIn(Buffer.concat(pieces.map(({ bytes }) => bytes)));
  return { clock, continuity, connect, pieces, seen };
}

function senderReport(ssrc: number, timestamp: number): Buffer {
  const report = Buffer.alloc(32);
  report.set([0x24, 1, 0, 28, 0x80, 200, 0, 6]);
  report.writeUInt32BE(ssrc, 8);
  report.writeUInt32BE(timestamp, 20);
  return report;
}

describe('a stream of several connections', () => {
  it('goes on with the next number, the time that has passed and the same source', () => {
    const { clock, connect, seen } = opened();
    const first = connect();
    first(rtpPacket({ sequence: 65_535, timestamp: 4_294_967_000, ssrc: 7 }));
    clock.advance(2_000);
    const second = connect();
    second(rtpPacket({ sequence: 500, timestamp: 90_000, ssrc: 99 }), rtpPacket({ sequence: 501, timestamp: 93_600, ssrc: 99 }));
    const after = (4_294_967_000 + 180_000) >>> 0;
    expect(seen()).toMatchObject([
      { sequence: 65_535, timestamp: 4_294_967_000, ssrc: 7 },
      { sequence: 0, timestamp: after, ssrc: 7 },
      { sequence: 1, timestamp: after + 3_600, ssrc: 7 },
    ]);
  });

  it('counts what the camera numbered and did not send, and takes neither a new connection nor numbers from anew for a loss', () => {
    const { continuity, connect } = opened();
    const at = (sequence: number): Buffer => rtpPacket({ sequence, timestamp: sequence, ssrc: 7 });
    connect()(at(65_533), at(65_534), at(2), at(40_000), at(40_001));
    expect(continuity.lost).toBe(3);
    connect()(at(500), at(502));
    expect(continuity.lost).toBe(4);
  });

  it('is left as it is where there is one', () => {
    const { connect, seen } = opened();
    const packets: Packet[] = [0, 1, 5].map((sequence) => ({ sequence, timestamp: sequence * 3_600, ssrc: 7 }));
    connect()(...packets.map(rtpPacket));
    expect(seen()).toMatchObject(packets);
  });

  it('bears a camera that changes its source in between', () => {
    const { connect, seen } = opened();
    connect()(rtpPacket({ sequence: 9, timestamp: 100, ssrc: 7 }), rtpPacket({ sequence: 4_000, timestamp: 5, ssrc: 8 }));
    expect(seen()).toMatchObject([{ sequence: 9 }, { sequence: 10, ssrc: 7, timestamp: 100 + 20 * 90 }]);
  });

  it('has its sender reports moved along, and none that cannot be told', () => {
    const { connect, pieces } = opened();
    connect()(rtpPacket({ sequence: 1, timestamp: 1_000, ssrc: 7 }));
    connect()(
      senderReport(99, 50_000),
      rtpPacket({ sequence: 1, timestamp: 50_000, ssrc: 99 }),
      senderReport(99, 50_090),
      rtpPacket({ sequence: 2, timestamp: 50_100, ssrc: 99 }),
    );
    const all = Buffer.concat(pieces.map(({ bytes }) => bytes));
    const reports: [number, number][] = [];
    for (let at = 0; at < all.length; at += 4 + all.readUInt16BE(at + 2))
      if (all[at + 1] === 1) reports.push([all.readUInt32BE(at + 8), all.readUInt32BE(at + 20)]);
    expect(reports).toEqual([[7, 1_000 + 20 * 90 + 90]]);
  });
});

describe('pieces', () => {
  const h264 = (payload: readonly number[], changes: Partial<Packet> = {}): Buffer =>
    rtpPacket({ sequence: 1, timestamp: 1, payload, ...changes });
  it.each<[string, 'h264' | 'h265' | 'jpeg', readonly number[], boolean, number]>([
    ['an IDR picture', 'h264', [0x65, 0, 0], true, 1],
    ['parameter sets', 'h264', [0x67, 0, 0], true, 0],
    ['a picture that needs others', 'h264', [0x41, 0, 0], false, 1],
    ['SPS, PPS and IDR in one packet', 'h264', [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1, 0, 2, 0x65, 1], true, 1],
    ['SPS and PPS in one packet', 'h264', [0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], true, 0],
    ['the first fragment of an IDR picture', 'h264', [0x7c, 0x85, 0], true, 1],
    ['a later fragment of one', 'h264', [0x7c, 0x05, 0], false, 1],
    ['supplementary words', 'h264', [0x06, 0, 0], false, 0],
    ['H.265: IDR', 'h265', [19 << 1, 1, 0], true, 1],
    ['H.265: CRA', 'h265', [21 << 1, 1, 0], true, 1],
    ['H.265: a picture that needs others', 'h265', [1 << 1, 1, 0], false, 1],
    ['H.265: VPS, SPS in one packet', 'h265', [48 << 1, 1, 0, 3, 32 << 1, 1, 0, 0, 3, 33 << 1, 1, 0], true, 0],
    ['H.265: AUD and IDR in one packet', 'h265', [48 << 1, 1, 0, 3, 35 << 1, 1, 0, 0, 3, 20 << 1, 1, 0], true, 1],
    ['H.265: the first fragment of an IDR picture', 'h265', [49 << 1, 1, 0x80 | 19, 0], true, 1],
    ['H.265: a later fragment of one', 'h265', [49 << 1, 1, 19, 0], false, 1],
    ['JPEG', 'jpeg', [0, 0, 0, 0, 1, 80, 4, 4], true, 1],
  ])('of %s', (_, codec, payload, isKey, frames) => {
    const { connect, pieces } = opened(codec);
    connect()(h264(payload));
    expect(pieces).toMatchObject([{ startsFrame: true, isKey, frames }]);
  });

  it('join at a frame, also where parameter sets carry the marker', () => {
    const { connect, pieces } = opened();
    connect()(
      h264([0x67, 1, 1]),
      h264([0x68, 1, 1]),
      h264([0x65, 1, 1]),
      h264([0x41, 1, 1], { timestamp: 2, marker: false }),
      h264([0x41, 1, 1], { timestamp: 2 }),
    );
    expect(pieces.map(({ isKey, frames, startsFrame }) => [isKey, frames, startsFrame])).toEqual([
      [true, 0, true],
      [false, 0, true],
      [true, 1, true],
      [false, 1, true],
    ]);
  });
});

describe('slabs', () => {
  it('come back when nobody holds them, never while somebody does or after they were given away', () => {
    const slabs = openSlabs(16, 2);
    const [kept, gone, free] = [slabs.take(), slabs.take(), slabs.take()];
    kept.hold();
    gone.giveAway();
    for (const slab of [kept, gone, free]) slab.release();
    expect([slabs.take(), slabs.take()].map((slab) => [kept, gone, free].indexOf(slab))).toEqual([2, -1]);
    kept.release();
    expect(slabs.take()).toBe(kept);
  });

  it('are kept in bounded number', () => {
    const slabs = openSlabs(16, 1);
    const taken = [slabs.take(), slabs.take()];
    for (const slab of taken) slab.release();
    expect([slabs.take(), slabs.take()].filter((slab) => taken.includes(slab))).toHaveLength(1);
  });
});
