// Properties of the small parsers: headers, addresses, tokens, networks, RTP packets and their pieces, one conversation. Whatever comes, and what was written.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openNetworks } from '../../src/streams/networks.ts';
import { baseOf, interleavedOffer, parseSession, resolveControl, serverPorts } from '../../src/streams/rtsp/headers.ts';
import { parseHead } from '../../src/streams/rtsp/message.ts';
import { contentOf, isRtp, senderReportLength } from '../../src/streams/rtsp/rtp.ts';
import { openConversation } from '../../src/streams/server/conversation.ts';
import { networkOf } from '../../src/streams/server/guard.ts';
import { tokenHashIn } from '../../src/streams/server/token.ts';
import { encodeTransport, readTransport } from '../../src/streams/server/transport.ts';
import { openUdpLine } from '../../src/streams/server/udp-line.ts';
import { parseAddress } from '../../src/streams/source/address.ts';
import { Continuity, onChannels, type Piece } from '../../src/streams/source/index.ts';
import { PieceMaker } from '../../src/streams/source/pieces.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openDice } from '../torture/rtsp/mutator.ts';
import { openWorld } from '../torture/rtsp/world.ts';
import { packetsIn, rtpPacket, slabOf } from './pieces.ts';

const codecs = fc.constantFrom('h264' as const, 'h265' as const, 'jpeg' as const);
const word = fc.stringMatching(/^[ -~]{0,80}$/);

describe('headers', () => {
  it('give channels and ports in their range or none, whatever stands there', () => {
    const offer = fc.oneof(
      word,
      word.map((tail) => `RTP/AVP/TCP;interleaved=${tail}`),
      word.map((tail) => `RTP/AVP;server_port=${tail}`),
    );
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 5 }), (offers) => {
        const value = offers.join(',');
        const channels = interleavedOffer(value, { rtp: 0, rtcp: 1 });
        for (const number of Object.values(channels ?? {})) expect(number >= 0 && number <= 255).toBe(true);
        for (const number of Object.values(serverPorts(value) ?? {})) expect(number >= 1 && number <= 65_535).toBe(true);
        expect(parseSession(value).timeoutS).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('read the transports that are written here', () => {
    const ports = fc.integer({ min: 1_024, max: 65_534 }).map((rtp) => ({ rtp, rtcp: rtp + 1 }));
    const channels = fc.uniqueArray(fc.nat(255), { minLength: 2, maxLength: 2 }).map(([rtp = 0, rtcp = 1]) => ({ rtp, rtcp }));
    fc.assert(
      fc.property(ports, ports, channels, (client, server, pair) => {
        expect(readTransport(encodeTransport({ kind: 'udp', client, server }))).toEqual([{ kind: 'udp', client }]);
        expect(serverPorts(encodeTransport({ kind: 'udp', client, server }))).toEqual(server);
        expect(readTransport(encodeTransport({ kind: 'tcp', channels: pair }))).toEqual([{ kind: 'tcp', channels: pair }]);
      }),
    );
  });

  it('never lead to an address with a login in it', () => {
    fc.assert(
      fc.property(word, word, fc.constantFrom('rtsp', 'rtsps', 'RTSP'), (user, path, scheme) => {
        const control = `${scheme}://${user.replaceAll(/[/?#@\s]/g, '')}@host/${path.replaceAll('@', '')}`;
        const message = parseHead(`RTSP/1.0 200 OK\r\nContent-Base: ${control}`);
        expect(resolveControl('rtsp://base/', control)).not.toContain('@');
        expect(message?.kind === 'response' && baseOf(message, 'rtsp://asked/')).not.toContain('@');
      }),
    );
  });
});

describe('addresses', () => {
  it('of cameras are read whole, without login or fragment, or not at all', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.domain(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    const scheme = fc.constantFrom('rtsp', 'rtsps', 'http', 'https');
    fc.assert(
      fc.property(scheme, host, fc.integer({ min: 1, max: 65_535 }), fc.webPath(), (name, at, port, path) => {
        const read = parseAddress(`${name}://user:p%40ss@${at}:${port}${path}`);
        expect(read).toMatchObject({
          host: at.replaceAll(/[[\]]/g, ''),
          port,
          isTls: name.endsWith('s'),
          isTunnel: name.startsWith('http'),
        });
        expect(read?.url).not.toContain('user');
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(parseAddress(`rtsp://${text}`)?.url ?? '').not.toMatch(/[\s#]/);
      }),
    );
  });

  it('of readers open with exactly the token that was given', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9_-]{16,200}$/);
    fc.assert(
      fc.property(token, fc.constantFrom('', '/', '/trackID=0', '?x=1'), word, (secret, tail, rest) => {
        const hash = createHash('sha256').update(secret).digest('hex');
        expect(tokenHashIn(`rtsp://hub:8554/s/${secret}${tail}`, 's')).toBe(hash);
        expect(tokenHashIn(`/still/${secret}${tail}`, 's')).toBeUndefined();
        expect(tokenHashIn(`/s/${secret}.${rest}`, 's')).toBeUndefined();
        tokenHashIn(rest, 's');
      }),
    );
  });

  it('of peers fall into one network, by /64 where they are of IPv6, and never throw', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV4(), fc.string(), (six, four, other) => {
        expect(networkOf(six).split(':')).toHaveLength(six.toLowerCase().startsWith('::ffff:') && six.includes('.') ? 1 : 4);
        expect(networkOf(`::ffff:${four}`)).toBe(four);
        networkOf(other);
        const isWithin = openNetworks([`${four}/24`]);
        expect([isWithin(four), isWithin(`::ffff:${four}`), isWithin(other)]).toEqual([true, true, false]);
      }),
    );
  });
});

describe('packets', () => {
  const bytes = fc.uint8Array({ maxLength: 100 }).map((part) => Buffer.from(part));
  const packet = fc.record({
    channel: fc.constantFrom(0, 0, 0, 1),
    sequence: fc.nat(65_535),
    timestamp: fc.nat(2 ** 32 - 1),
    marker: fc.boolean(),
    ssrc: fc.constantFrom(7, 7, 7, 8),
    payload: fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }),
  });

  it('are never read beyond their end', () => {
    fc.assert(
      fc.property(codecs, bytes, bytes, (codec, before, inside) => {
        const start = before.length;
        // What lies behind the packet would be a key frame.
        const all = Buffer.concat([before, inside, Buffer.alloc(64, 0x65)]);
        const end = start + inside.length;
        const alone = Buffer.from(inside);
        expect(contentOf(codec, all, start, end)).toBe(contentOf(codec, alone, 0, alone.length));
        expect(isRtp(all, start, end, 96)).toBe(isRtp(alone, 0, alone.length, 96));
        const length = senderReportLength(all, start, end);
        expect(length === 0 || (length >= 28 && length <= inside.length)).toBe(true);
      }),
    );
  });

  it('come out as whole pieces, of one source and numbered on, whatever a camera sends', () => {
    fc.assert(
      fc.property(
        codecs,
        fc.array(fc.oneof({ weight: 5, arbitrary: packet.map(rtpPacket) }, { weight: 1, arbitrary: bytes }), { maxLength: 40 }),
        (codec, parts) => {
          const pieces: Piece[] = [];
          const clock = openFakeClock(1_700_000_000_000);
          const sink = (piece: Piece): void => void pieces.push({ ...piece, bytes: Buffer.from(piece.bytes) });
          const maker = new PieceMaker({ codec, payloadType: 96 }, { rtp: 0, rtcp: 1 }, { sink, continuity: new Continuity(clock) });
          for (const part of parts) {
            const whole = part[0] === 0x24 ? part : Buffer.concat([Buffer.from([0x24, 1, 0, part.length]), part]);
            maker.take(slabOf(Buffer.from(whole)), 0, whole.length);
          }
          const all = Buffer.concat(pieces.map((piece) => piece.bytes));
          const seen = packetsIn(all);
          expect(new Set(seen.map(({ ssrc }) => ssrc)).size).toBeLessThanOrEqual(1);
          const moved = onChannels(all, { rtp: 200, rtcp: 201 });
          expect(moved.length).toBe(all.length);
          for (let at = 0; at < moved.length; at += 4 + moved.readUInt16BE(at + 2)) expect([200, 201]).toContain(moved[at + 1]);
          const sent: Buffer[] = [];
          const { env } = openWorld(openDice(1));
          using line = openUdpLine({ rtp: (one) => void sent.push(one), rtcp: () => {}, waitingBytes: 0, close: () => {} }, env);
          line.write(all);
          expect(sent).toHaveLength(seen.length);
        },
      ),
    );
  });
});

describe('a conversation', () => {
  it('answers each request once, with its number, and closes on what has none', async () => {
    const method = fc.constantFrom('OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'GET_PARAMETER', 'TEARDOWN', 'RECORD', 'ANNOUNCE');
    const header = fc.constantFrom(
      'CSeq: 7',
      'CSeq: x',
      'Session: abc',
      'Session: no',
      'Transport: RTP/AVP/TCP;interleaved=0-1',
      'Require: a\tb',
      'Transport: x',
    );
    const request = fc.record({ method, headers: fc.array(header, { maxLength: 5 }), isRight: fc.boolean() });
    const track = { codec: 'h264', payloadType: 96, control: undefined, parameters: '' } as const;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (requests) => {
        const visit = {
          enter: () => true,
          describe: () => Promise.resolve({ ok: true, track } as const),
          setUp: (offer: { readonly kind: string }) =>
            Promise.resolve(offer.kind === 'tcp' ? ({ kind: 'tcp', channels: { rtp: 0, rtcp: 1 } } as const) : undefined),
          mayPlay: () => true,
          play: () => {},
          pause: () => {},
          hasCamera: true,
        };
        const right = createHash('sha256').update('a'.repeat(32)).digest('hex');
        const conversation = openConversation({
          sessionId: 'abc',
          punish: () => Promise.resolve(),
          welcome: () => {},
          visit: (hash) => (hash === right ? visit : undefined),
        });
        for (const { method: name, headers, isRight } of requests) {
          const message = parseHead(`${name} rtsp://hub/s/${(isRight ? 'a' : 'b').repeat(32)} RTSP/1.0\r\n${headers.join('\r\n')}`);
          if (message?.kind !== 'request') throw new Error('no request');
          const { bytes, next } = await conversation.answer(message);
          const answer = parseHead(bytes.slice(0, bytes.indexOf('\r\n\r\n')));
          if (answer?.kind !== 'response') throw new Error(`no answer: ${bytes}`);
          const sequence = message.headers.get('cseq')?.[0];
          if (sequence === '7') expect(answer.headers.get('cseq')).toEqual(['7']);
          else expect([answer.status, next]).toEqual([400, 'close']);
          if (!isRight && name !== 'OPTIONS') expect(answer.status).not.toBe(200);
          if (next === 'close') return;
        }
      }),
    );
  });
});
