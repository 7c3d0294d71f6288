// RTSP messages and the interleaved framer, by example and by property.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FramerLimits, type FramerProblem, openFramer } from '../../src/streams/rtsp/framer.ts';
import { encodeRequest, encodeResponse, header, parseHead, type RtspMessage } from '../../src/streams/rtsp/message.ts';

const limits: FramerLimits = {
  slabBytes: 256 * 1024,
  maxHeadBytes: 16 * 1024,
  maxBodyBytes: 64 * 1024,
  maxFrameBytes: 65_535,
  maxLostBytes: 128 * 1024,
};

type Item =
  | { readonly kind: 'frame'; readonly channel: number; readonly payload: string }
  | { readonly kind: 'message'; readonly text: string };

function frame(channel: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0x24, channel, 0, 0]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

function cut(
  bytes: Uint8Array,
  sizes: readonly number[],
  changes: Partial<FramerLimits> = {},
): { items: Item[]; problem: FramerProblem | undefined; lost: number } {
  const items: Item[] = [];
  const framer = openFramer(
    { ...limits, ...changes },
    {
      packet: (slab, start, end) =>
        items.push({ kind: 'frame', channel: slab[start + 1] ?? -1, payload: slab.toString('hex', start + 4, end) }),
      message: (message) => items.push({ kind: 'message', text: describeMessage(message) }),
    },
  );
  let at = 0;
  let problem: FramerProblem | undefined;
  for (let turn = 0; at < bytes.length && problem === undefined; turn += 1) {
    const size = Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? bytes.length);
    problem = framer.feed(bytes.subarray(at, at + size));
    at += size;
  }
  return { items, problem, lost: framer.lostBytes };
}

function describeMessage(message: RtspMessage): string {
  const start = message.kind === 'request' ? `${message.method} ${message.url}` : String(message.status);
  return `${start} ${header(message, 'cseq') ?? ''} ${message.body.toString()}`;
}

const frames = fc.record({ channel: fc.integer({ min: 0, max: 3 }), payload: fc.uint8Array({ minLength: 1, maxLength: 3_000 }) });
const replies = fc.record({ cseq: fc.nat(999), body: fc.stringMatching(/^[a-z=\r\n]{0,200}$/) });
const stream = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: frames.map(({ channel, payload }) => ({
        bytes: frame(channel, payload),
        item: { kind: 'frame', channel, payload: Buffer.from(payload).toString('hex') } as Item,
      })),
    },
    replies.map(({ cseq, body }) => ({
      bytes: Buffer.from(encodeResponse(200, { CSeq: String(cseq) }, body)),
      item: { kind: 'message', text: `200 ${cseq} ${body}` } as Item,
    })),
  ),
  { maxLength: 40 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 10 });

describe('the framer', () => {
  it('finds the same items however the bytes arrive', () => {
    fc.assert(
      fc.property(stream, sizes, (parts, cuts) => {
        const { items, problem, lost } = cut(Buffer.concat(parts.map(({ bytes }) => bytes)), cuts, { slabBytes: 80 * 1024 });
        expect({ items, problem, lost }).toEqual({ items: parts.map(({ item }) => item), problem: undefined, lost: 0 });
      }),
      { numRuns: 100 },
    );
  });

  it('never throws and never keeps more than its slab, whatever comes', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 4_000 }),
      fc.stringMatching(/^[A-Z$ :/\r\n.0-9]{0,300}$/).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 10 }), sizes, fc.constantFrom(0, 1_000), (parts, cuts, maxLostBytes) => {
        const bytes = Buffer.concat(parts);
        const { lost } = cut(bytes, cuts, { maxLostBytes, slabBytes: 90 * 1024 });
        expect(lost).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 200 },
    );
  });

  it('finds back to the frames after garbage, and gives up after the bound', () => {
    const rtp = frame(0, Buffer.concat([Buffer.from([0x80, 0x60]), Buffer.alloc(20)]));
    const garbage = Buffer.alloc(5_000, 0x01);
    const found = cut(Buffer.concat([rtp, garbage, rtp, rtp]), [700]);
    expect(found).toMatchObject({ problem: undefined, lost: 5_000 });
    expect(found.items).toHaveLength(3);
    expect(cut(Buffer.alloc(200_000, 0x01), [1_000]).problem).toBe('lost');
  });

  it.each([
    ['a head without end', Buffer.from(`OPTIONS * RTSP/1.0\r\nX: ${'a'.repeat(20_000)}`), 'head-too-large'],
    ['a body beyond the bound', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 70000\r\n\r\n'), 'body-too-large'],
    ['a length that is no number', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'), 'malformed'],
  ] as const)('refuses %s', (_name, bytes, problem) => {
    expect(cut(bytes, [512]).problem).toBe(problem);
  });

  it('refuses garbage and large frames from a reader at once', () => {
    const strict = { maxLostBytes: 0, maxFrameBytes: 4_096, slabBytes: 24 * 1024 };
    expect(cut(Buffer.from([0x16, 0x03, 0x01]), [3], strict).problem).toBe('malformed');
    expect(cut(frame(1, Buffer.alloc(5_000)), [100], strict).problem).toBe('frame-too-large');
  });

  it('reads PLAY’s answer and the first packet from one segment, and packets of 64 KiB', () => {
    const large = frame(0, Buffer.alloc(65_535, 0x80));
    const { items } = cut(Buffer.concat([Buffer.from(encodeResponse(200, { CSeq: '4' })), large, large]), [150_000]);
    expect(items.map((item) => item.kind)).toEqual(['message', 'frame', 'frame']);
  });
});

describe('RTSP messages', () => {
  it('reads lower-case names, bare line feeds and missing spaces', () => {
    const message = parseHead('RTSP/1.0 200 OK\ncseq:3\nwww-authenticate: Basic realm="a"\nWWW-Authenticate: Digest realm="b"');
    expect(message).toMatchObject({ kind: 'response', status: 200 });
    expect(message && header(message, 'cseq')).toBe('3');
    expect(message?.headers.get('www-authenticate')).toHaveLength(2);
  });

  it.each(['', 'HTTP/1.1 200 OK', 'RTSP/1.0 abc', 'DESCRIBE RTSP/1.0', `OPTIONS * RTSP/1.0\r\n${'A: 1\r\n'.repeat(65)}`])(
    'refuses %j',
    (text) => {
      expect(parseHead(text)).toBeUndefined();
    },
  );

  it('reads what it wrote, and lets no line break into a header', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (value) => {
        const text = encodeRequest('SETUP', 'rtsp://h/p', { CSeq: '1', 'X-Value': value });
        const message = parseHead(text.trimEnd());
        expect(message?.headers.size).toBe(2);
        expect(message && header(message, 'x-value')).toBe(value.replace(/\p{Cc}/gu, '').trim());
      }),
    );
  });
});
