// The pure parts: descriptions, challenges, RTP and RTCP, FLV and WebSocket frames, addresses and headers. No socket, no state beyond a message or a stream of them.
import { authorize, chooseChallenge } from '#base';
import { openFlvCutter } from '../../../src/streams/flv/flv-tags.ts';
import { openWsHearing } from '../../../src/streams/flv-door/ws-frames.ts';
import { openGopMemory } from '../../../src/streams/path/gop.ts';
import { openReader } from '../../../src/streams/path/index.ts';
import { parsePushAddress } from '../../../src/streams/push-address.ts';
import { interleavedOffer, parseSession, resolveControl, serverPorts } from '../../../src/streams/rtsp/headers.ts';
import { chooseTrack, describeTrack, parseSdp, sizeOf } from '../../../src/streams/rtsp/index.ts';
import { parseReaderReport } from '../../../src/streams/server/rtcp.ts';
import { tokenHashIn } from '../../../src/streams/server/token.ts';
import { readTransport } from '../../../src/streams/server/transport.ts';
import { openUdpLine } from '../../../src/streams/server/udp-line.ts';
import { parseAddress } from '../../../src/streams/source/address.ts';
import { Continuity } from '../../../src/streams/source/index.ts';
import { PieceMaker } from '../../../src/streams/source/pieces.ts';
import { openSlabs } from '../../../src/streams/source/slabs.ts';
import { openPictureCollector } from '../../../src/streams/stills/units.ts';
import { challenges, datagrams, dearOnes, descriptions, flvParts, requestScripts, scripts, webSocketFrames } from './corpus.ts';
import type { Target } from './meter.ts';
import { type Dice, mutate, pieces } from './mutator.ts';
import { openWorld } from './world.ts';

/** Descriptions of streams, as far as what readers are told of them. */
export function openSdpTarget(dice: Dice): Target {
  return {
    name: 'sdp',
    share: 12,
    converse(meter) {
      const bytes = mutate(dice.pick(dice.chance(0.97) ? descriptions : dearOnes), descriptions, dice);
      meter.call(() => {
        const track = chooseTrack(parseSdp(bytes.subarray(0, 65_536).toString('utf8')), 'video');
        if (!track) return;
        sizeOf(track);
        if (describeTrack(track).match(/^m=/gm)?.length !== 1) throw new Error('another track');
      }, bytes);
      return 1;
    },
  };
}

const login = { user: 'admin', password: 'pw' };
const headerValues = [...challenges, ...requestScripts.flat(), ...scripts.flatMap(({ replies }) => replies)];

/** Challenges, and the headers and addresses with a grammar of their own. */
export function openHeaderTarget(dice: Dice): Target {
  return {
    name: 'headers',
    share: 10,
    converse(meter) {
      const bytes = mutate(dice.pick(dice.chance(0.97) ? headerValues : dearOnes), headerValues, dice).subarray(0, 16_384);
      const value = bytes.toString('latin1');
      meter.call(() => {
        const challenge = chooseChallenge(value.split('\r\n'));
        if (challenge) authorize(challenge, login, { method: 'DESCRIBE', uri: value, count: 1, cnonce: 'ab' });
        const first = value.slice(value.indexOf(':') + 1);
        for (const offer of readTransport(first)) if (offer.kind === 'udp' && offer.client.rtp < 1_024) throw new Error('a port of others');
        interleavedOffer(first, { rtp: 0, rtcp: 1 });
        serverPorts(first);
        parseSession(first);
        resolveControl(value, first);
        parseAddress(first.trim());
        parsePushAddress(first.trim());
        tokenHashIn(value, 's');
      }, bytes);
      return 1;
    },
  };
}

/** Packets of one camera: pieces, the pictures that are kept, readers over TCP and UDP, a still. */
export function openRtpTarget(dice: Dice): Target {
  const { clock, env } = openWorld(dice);
  const memory = openGopMemory({ pathBytes: 2 ** 20, totalBytes: 2 * 2 ** 20 });
  const slabs = openSlabs(128 * 1024, 5);
  return {
    name: 'rtp',
    share: 25,
    converse(meter) {
      const codec = dice.pick(['h264', 'h265', 'jpeg'] as const);
      const collector = codec === 'jpeg' ? undefined : openPictureCollector({ codec, payloadType: 96, control: undefined, parameters: '' });
      const gop = memory.open();
      const line = { waitingBytes: 0, write: (bytes: Buffer) => void (bytes.length === 0 && collector) };
      using udp = openUdpLine({ rtp: () => {}, rtcp: () => {}, waitingBytes: 0, close: () => {} }, env);
      const readers = [line, udp].map((one, at) =>
        openReader(one, { channels: { rtp: at * 2, rtcp: at * 2 + 1 }, bufferBytes: 2 ** 20 }, clock),
      );
      const maker = new PieceMaker(
        { codec, payloadType: codec === 'jpeg' ? 26 : 96 },
        { rtp: 0, rtcp: 1 },
        {
          continuity: new Continuity(clock),
          sink(piece) {
            gop.add(piece);
            for (const reader of readers) reader.take(piece);
          },
        },
      );
      let slab = slabs.take();
      let at = 0;
      let broken = 0;
      for (let left = 1 + dice.below(60); left > 0; left -= 1) {
        const packet = mutate(dice.pick(dice.chance(0.995) ? datagrams : dearOnes), datagrams, dice).subarray(0, 65_535);
        broken += 1;
        if (at + 4 + packet.length > slab.bytes.length) {
          slab.release();
          slab = slabs.take();
          at = 0;
        }
        const [start, end] = [at, at + 4 + packet.length];
        slab.bytes.set([0x24, dice.below(2), packet.length >> 8, packet.length & 0xff], start);
        packet.copy(slab.bytes, start + 4);
        at = end;
        meter.call(() => maker.take(slab, start, end), packet);
        meter.call(() => void collector?.take(Buffer.from(packet)), packet);
        meter.call(() => {
          udp.hear(packet);
          parseReaderReport(packet);
        }, packet);
      }
      slab.release();
      meter.call(() => void gop.catchUp());
      gop[Symbol.dispose]();
      meter.call(() => clock.advance(5_000));
      return broken;
    },
  };
}

/** What comes back of our own child, and what a player says in a WebSocket. */
export function openFlvTarget(dice: Dice): Target {
  return {
    name: 'flv',
    share: 8,
    converse(meter) {
      const cutter = openFlvCutter(256 * 1024, ({ bytes }) => {
        if (bytes.length > 256 * 1024 + 15) throw new Error('too large a tag');
      });
      let ear = openWsHearing();
      let broken = 0;
      for (let left = 1 + dice.below(12); left > 0; left -= 1) {
        const part = left > 10 ? (flvParts[0] ?? Buffer.alloc(0)) : mutate(dice.pick(flvParts), flvParts, dice);
        for (const piece of pieces(part, dice)) meter.call(() => void cutter.feed(piece), part);
        const frame = mutate(dice.pick(dice.chance(0.98) ? webSocketFrames : dearOnes), webSocketFrames, dice);
        for (const piece of pieces(frame, dice)) {
          meter.call(() => {
            if (ear.hear(piece).over) ear = openWsHearing();
          }, frame);
        }
        broken += 2;
      }
      return broken;
    },
  };
}
