// The pure parts of FLV and of RTCP and Transport towards readers, against bytes of any kind.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlvTag, openFlvCutter } from '../../src/streams/flv/flv-tags.ts';
import { binaryHead, openWsHearing } from '../../src/streams/flv-door/ws-frames.ts';
import { encodeSenderReport, parseReaderReport } from '../../src/streams/server/rtcp.ts';
import { readTransport } from '../../src/streams/server/transport.ts';

const fileHeader = Buffer.from('464c5601050000000900000000', 'hex');

function tagOf(type: number, payload: Uint8Array, time = 0): Buffer {
  const bytes = Buffer.alloc(15 + payload.length);
  bytes[0] = type;
  bytes.writeUIntBE(time, 4, 3);
  bytes.writeUIntBE(payload.length, 1, 3);
  bytes.set(payload, 11);
  bytes.writeUInt32BE(11 + payload.length, 11 + payload.length);
  return bytes;
}

const kinds: readonly (readonly [string, number, readonly number[], FlvTag['kind'] | undefined])[] = [
  ['metadata', 18, [2, 0, 10, 0, 0], 'header'],
  ['H.264 parameter sets', 9, [0x17, 0, 0, 0, 0], 'header'],
  ['an H.264 key frame', 9, [0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65], 'key'],
  ['an H.264 frame', 9, [0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x06, 5, 0, 0, 0, 1, 0x41], 'frame'],
  ['H.265 parameter sets', 9, [0x90, 0x68, 0x76, 0x63, 0x31], 'header'],
  ['an H.265 key frame', 9, [0x91, 0x68, 0x76, 0x63, 0x31, 0, 0, 0, 0, 0, 0, 1, 0x26], 'key'],
  ['an H.265 frame', 9, [0xa3, 0x68, 0x76, 0x63, 0x31, 0, 0, 0, 1, 0x02], 'frame'],
  ['units without a picture', 9, [0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x06], undefined],
  ['sound', 8, [0xaf, 1, 0], undefined],
];

describe('the FLV cutter', () => {
  it.each(kinds)('knows %s', (_name, type, payload, kind) => {
    const tags: FlvTag[] = [];
    const next = tagOf(9, Buffer.from('2701000000', 'hex'), 40);
    const bytes = Buffer.concat([fileHeader, tagOf(type, Buffer.from(payload)), next]);
    expect(openFlvCutter(1_000, (tag) => tags.push(tag)).feed(bytes)).toBe(true);
    expect(tags.map((tag) => tag.kind)).toEqual(['header', ...(kind ? [kind] : [])]);
    expect(tags[0]?.bytes[4]).toBe(1);
  });

  it('cuts the same tags however the bytes come', () => {
    const payloads = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.concat([Buffer.from('270100000000000001 41'.replace(' ', ''), 'hex'), rest])),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (bodies, steps) => {
        const sent = bodies.map((body, at) => tagOf(9, body, at * 40));
        const all = Buffer.concat([fileHeader, ...sent]);
        const got: Buffer[] = [];
        const cutter = openFlvCutter(1_000, ({ bytes }) => got.push(Buffer.from(bytes)));
        for (let at = 0, turn = 0; at < all.length; turn += 1) {
          const step = steps[turn % steps.length] ?? 1;
          expect(cutter.feed(all.subarray(at, at + step))).toBe(true);
          at += step;
        }
        expect(got.slice(1)).toEqual(sent.slice(0, -1));
      }),
    );
  });

  it('puts the units of one picture together', () => {
    const unit = (...bytes: number[]): number[] => [0, 0, 0, bytes.length, ...bytes];
    const parts = [unit(0x06, 5), unit(0x65, 1, 2), unit(0x65, 3)];
    const tags = parts.map((part, at) => tagOf(9, Buffer.from([at === 0 ? 0x27 : 0x17, 1, 0, 0, 0, ...part]), 80));
    const got: FlvTag[] = [];
    const next = tagOf(9, Buffer.from([0x27, 1, 0, 0, 0, ...unit(0x41, 9)]), 120);
    openFlvCutter(1_000, (tag) => got.push(tag)).feed(Buffer.concat([fileHeader, ...tags, next]));
    expect(got[1]).toEqual({ kind: 'key', bytes: tagOf(9, Buffer.from([0x17, 1, 0, 0, 0, ...parts.flat()]), 80) });
  });

  it('takes nothing else, and no tag that is too large', () => {
    expect(openFlvCutter(1_000, () => {}).feed(Buffer.from('HTTP/1.1 200 OK\r\n'))).toBe(false);
    expect(openFlvCutter(10, () => {}).feed(Buffer.concat([fileHeader, tagOf(9, Buffer.alloc(11))]))).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const cutter = openFlvCutter(500, ({ bytes: { length } }) => expect(length).toBeLessThan(516));
        cutter.feed(fileHeader);
        cutter.feed(Buffer.from(bytes));
      }),
    );
  });
});

describe('WebSocket frames', () => {
  const masked = (opcode: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 1, 2, 3, 4]), payload.map((byte, at) => byte ^ ((at % 4) + 1))]);

  it.each([
    [5, '8205'],
    [126, '827e007e'],
    [65_536, '827f0000000000010000'],
  ])('head of %i bytes', (length, hex) => {
    expect(binaryHead(length).toString('hex')).toBe(hex);
  });

  it('answer a ping, pass over messages, and end at a close', () => {
    const ear = openWsHearing();
    expect(ear.hear(masked(1, Buffer.from('hello')))).toMatchObject({ over: false, answer: Buffer.alloc(0) });
    expect(ear.hear(masked(9, Buffer.from('abc'))).answer).toEqual(Buffer.from([0x8a, 3, 0x61, 0x62, 0x63]));
    expect(ear.hear(masked(8, Buffer.alloc(0)))).toMatchObject({ over: true, answer: Buffer.from([0x88, 2, 3, 0xe8]) });
    expect(openWsHearing().hear(Buffer.from([0x81, 0]))).toMatchObject({ over: true });
    expect(openWsHearing().hear(Buffer.from([0x82, 0xff]))).toMatchObject({ over: true });
  });

  it('keep nothing of what any reader says', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (parts) => {
        const ear = openWsHearing();
        for (const part of parts) expect(ear.hear(Buffer.from(part)).answer.length).toBeLessThan(part.length * 2 + 1_100);
      }),
    );
  });
});

describe('RTCP and Transport', () => {
  it('write a report that says what it was given', () => {
    const bytes = encodeSenderReport({ ssrc: 0x01020304, time: 500, rtpTime: 90_000, packets: 7, octets: 700, name: 'abcd' });
    expect(bytes.toString('hex')).toBe(
      '80c80006010203048 3aa7e8080000000000 15f9000000007000002bc81ca00030102030401046162636400 00'.replaceAll(' ', ''),
    );
  });

  it('read whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void parseReaderReport(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const offer of readTransport(text)) expect(['tcp', 'udp']).toContain(offer.kind);
      }),
    );
  });

  it.each([
    ['RTP/AVP/TCP;unicast;interleaved=2-3', [{ kind: 'tcp', channels: { rtp: 2, rtcp: 3 } }]],
    ['RTP/AVP;unicast;client_port=4588', [{ kind: 'udp', client: { rtp: 4588, rtcp: 4589 } }]],
    [
      'RTP/AVP/UDP;unicast;client_port=4588-4589,RTP/AVP/TCP;interleaved=0-1',
      [
        { kind: 'udp', client: { rtp: 4588, rtcp: 4589 } },
        { kind: 'tcp', channels: { rtp: 0, rtcp: 1 } },
      ],
    ],
    ['RTP/AVP;multicast;client_port=4588-4589', []],
    ['RTP/AVP;unicast;client_port=53-54', []],
    ['RTP/SAVP;unicast;client_port=4588-4589', []],
  ])('%s', (value, offers) => {
    expect(readTransport(value)).toEqual(offers);
  });
});
