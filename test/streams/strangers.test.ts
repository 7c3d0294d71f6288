// What strangers can send to hold the loop or to fill the memory: each row was once a finding of `npm run torture -- rtsp`, or of reading for it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { chooseChallenge, openLog, systemEnv } from '#base';
import { openFeeds } from '../../src/streams/flv/feeds.ts';
import { openFlvCutter } from '../../src/streams/flv/flv-tags.ts';
import { openFlvDoor } from '../../src/streams/flv-door/index.ts';
import { openWsHearing } from '../../src/streams/flv-door/ws-frames.ts';
import { openLeases } from '../../src/streams/leases.ts';
import { openBacklog, type Reader } from '../../src/streams/path/index.ts';
import { openForwarder } from '../../src/streams/push/forwarder.ts';
import { parsePushAddress } from '../../src/streams/push-address.ts';
import { type FramerLimits, openFramer } from '../../src/streams/rtsp/framer.ts';
import { senderReportLength } from '../../src/streams/rtsp/rtp.ts';
import { chooseTrack, parseSdp } from '../../src/streams/rtsp/sdp.ts';
import { guardDefaults, openGuard } from '../../src/streams/server/index.ts';
import { PieceMaker } from '../../src/streams/source/pieces.ts';
import { openSlabs } from '../../src/streams/source/slabs.ts';
import { fetchSnapshot } from '../../src/streams/stills/snapshot.ts';
import { openPictureCollector } from '../../src/streams/stills/units.ts';
import { makeWebServer } from '../../src/streams/web/index.ts';
import { heldBytes } from '../torture/heap.ts';
import { pieceOf, rtpPacket } from './pieces.ts';
import { until } from './raw-reader.ts';
import { leaseOf, makeLease } from './site.ts';

const env = systemEnv(openLog('silent'));
const cameraLimits: FramerLimits = {
  slabBytes: 128 * 1024,
  maxHeadBytes: 16 * 1024,
  maxBodyBytes: 64 * 1024,
  maxFrameBytes: 65_535,
  maxLostBytes: 128 * 1024,
};
/** Of one call. Processor time, so that it holds on a busy machine. */
const limitMs = 50;

function cpuMs(act: () => unknown): number {
  const before = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a camera holds the loop', () => {
  it.each([
    ['spaces and then more than parameters may be long', ' '.repeat(30_000) + 'x'.repeat(30_000)],
    ['a parameter of the whole description', ` ${'x'.repeat(60_000)}`],
  ])('not with %s', (_name, tail) => {
    expect(cpuMs(() => chooseTrack(parseSdp(`m=video 0 RTP/AVP 96\na=fmtp:96${tail}`), 'video'))).toBeLessThan(limitMs);
  });

  it.each([
    ['heads within heads', `${'RTSP/1.'.repeat(2_300)}\n\n`],
    ['heads of too many lines within heads', `${'RTSP/1.0 200 a:\n'.repeat(1_020)}\n`],
    ['the same behind packets', `$\0\0\x09\x80${'x'.repeat(8)}${'RTSP/1.0 200 a:\n'.repeat(1_020)}\n`],
  ])('not with %s', (_name, text) => {
    const framer = openFramer(cameraLimits, { packet: () => {}, message: () => {} });
    expect(cpuMs(() => framer.feed(Buffer.from(text.repeat(4), 'latin1')))).toBeLessThan(limitMs);
  });

  it('not with challenges of one long word each', () => {
    expect(cpuMs(() => chooseChallenge(Array.from({ length: 16 }, () => `Digest ${'a'.repeat(4_089)}`)))).toBeLessThan(limitMs);
  });

  it('not with a picture of hundred thousands of tags', () => {
    const tag = Buffer.from('0900000500000000000000270100000000000014', 'hex');
    const cutter = openFlvCutter(8 * 2 ** 20, () => {});
    cutter.feed(Buffer.from('464c5601050000000900000000', 'hex'));
    const slowest = Array.from({ length: 150 }, () => cpuMs(() => cutter.feed(Buffer.concat(Array.from({ length: 3_270 }, () => tag)))));
    expect(Math.max(...slowest)).toBeLessThan(limitMs);
  });
});

describe('a reader holds the loop', () => {
  it('not with as many pings as fit into one read: the last is answered (RFC 6455 §5.5.3)', () => {
    const pings = Buffer.concat([Buffer.from('898000000000'.repeat(20_000), 'hex'), Buffer.from('8981000000006b', 'hex')]);
    const ear = openWsHearing();
    let answer: Buffer | undefined;
    const took = cpuMs(() => {
      ({ answer } = ear.hear(pings));
    });
    expect(answer?.toString('hex')).toBe('8a016b');
    expect(took).toBeLessThan(limitMs);
  });

  it('not with requests over HTTP that do not wait for their answers: the second one ends the connection', async () => {
    let asked = 0;
    const server = makeWebServer(
      undefined,
      {
        async still(_request, response) {
          asked += 1;
          await env.clock.sleep(300);
          response.end();
        },
        flv: async () => {},
        socket: async () => {},
      },
      env,
    );
    const port = await listening(server);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write('GET /still/x HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20_000));
    await closed;
    server.close();
    expect(asked).toBe(1);
  });
});

describe('a stranger fills the memory', () => {
  it('not with a picture of which the end never comes', () => {
    const track = { codec: 'h264', payloadType: 96, control: undefined, parameters: '' } as const;
    const collector = openPictureCollector(track);
    const fragment = (flags: number, bytes: number): Buffer => {
      const packet = Buffer.alloc(14 + bytes, 1);
      packet.set([0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0x7c, flags | 5]);
      return packet;
    };
    collector.take(fragment(0x80, 10));
    const before = heldBytes();
    for (let count = 0; count < 1_000; count += 1) collector.take(fragment(0, 60_000));
    expect(heldBytes() - before).toBeLessThan(40 * 2 ** 20);
    // And half of a picture is none.
    expect(collector.take(fragment(0x40, 10))).toBeUndefined();
    expect(collector.take(rtpPacket({ sequence: 2, timestamp: 1, payload: [0x65, 1, 1] }).subarray(4))).toBeUndefined();
  });

  it('not with little pictures among much else: what is kept of them holds no more than some times their size', () => {
    const slabs = openSlabs(128 * 1024, 2);
    const held = new Map<object, number>();
    let kept = 0;
    const maker = new PieceMaker(
      { codec: 'h264', payloadType: 96 },
      { rtp: 0, rtcp: 1 },
      {
        sink({ slab, bytes }) {
          slab.hold();
          held.set(slab, slab.bytes.length);
          kept += bytes.length;
        },
      },
    );
    for (let sequence = 0; sequence < 100; sequence += 1) {
      const slab = slabs.take();
      const packet = rtpPacket({ sequence, timestamp: sequence });
      packet.copy(slab.bytes);
      maker.take(slab, 0, packet.length);
      slab.release();
    }
    const heldBytes = [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(kept).toBe(1_900);
    expect(heldBytes).toBeLessThan(2 * 128 * 1024);
  });

  it('of the FLV child not with a picture of which the end never comes', async () => {
    let reader: Reader | undefined;
    const member = {
      describe: () => new Promise<never>(() => {}),
      attach: (attached: Reader) => {
        reader = attached;
      },
      leave: () => {},
    };
    const feeds = openFeeds({ join: () => member }, 64 * 2 ** 20, env);
    const feed = feeds.open({ device: 'cam-1', channel: 1, quality: 'main' }, { url: 'rtsp://10.1.2.3/live', user: '', password: '' });
    let sent = 0;
    const connection = {
      address: '127.0.0.1',
      peer: '127.0.0.1:1',
      sessionId: 'a',
      waitingBytes: 0,
      write: (bytes: Buffer) => {
        sent += bytes.length;
      },
      cut: () => {},
    };
    feeds.visit(connection, createHash('sha256').update(feed.token).digest('hex'));
    feeds.published(feed.id);
    const packet = Buffer.concat([rtpPacket({ sequence: 1, timestamp: 1, marker: false }), Buffer.alloc(1_400)]);
    packet.writeUInt16BE(packet.length - 4, 2);
    const packets = Buffer.concat(Array.from({ length: 40 }, () => packet));
    for (let count = 0; count < 1_000; count += 1) reader?.take(pieceOf(packets, { isKey: true }));
    expect(sent).toBeLessThan(20 * 2 ** 20);
    expect(await Promise.race([feed.over, sleep(100)])).toMatchObject({ reason: 'malformed' });
  });

  it('not with words of an RTMP server that the child does not take', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      const flood = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(256 * 1024)));
      };
      socket.on('drain', flood);
      flood();
    });
    const address = parsePushAddress(`rtmp://127.0.0.1:${await listening(server)}/live/x`);
    if (!address) throw new Error('no address');
    const { signal } = new AbortController();
    const limits = { timeoutMs: 2_000, bufferBytes: 2 ** 20, backlog: openBacklog(2 ** 28) };
    const forwarding = await openForwarder({ address, ca: undefined, signal, ...limits }, env);
    if (!forwarding.ok) throw new Error('not connected');
    using forwarder = forwarding.forwarder;
    const child = connect(forwarder.port, '127.0.0.1');
    child.on('error', () => {}).pause();
    expect(await forwarder.closed).toMatchObject({ detail: 'too much' });
    child.destroy();
    server.close();
  });
});

describe('a reader keeps nothing open', () => {
  it.each([
    ['who goes without a word', (socket: Socket) => void socket.resetAndDestroy()],
    ['who stays without a word', () => {}],
  ])('%s, after he was refused over a WebSocket', { timeout: 10_000 }, async (_name, go) => {
    const token = 'a'.repeat(32);
    const leases = openLeases({ maxReaders: 4, allowFrom: [] }, { claimed: () => {}, ended: () => {} }, env);
    const tokenHash = createHash('sha256').update(token).digest('hex');
    leases.admit({ ...leaseOf(makeLease('rtsp://10.1.2.3/live', { protocol: 'ws-flv' })), tokenHash }, undefined);
    const failure = { reason: 'unreachable', detail: '' } as const;
    const remuxer = {
      pid: undefined,
      use: async () => ({ ok: false, failure }) as const,
      push: () => ({ flow: () => {}, [Symbol.dispose]: () => {} }),
      [Symbol.asyncDispose]: async () => {},
    };
    const guard = openGuard(guardDefaults, env);
    const door = openFlvDoor({ leases, guard, remuxer, readerBufferBytes: 2 ** 20, backlog: openBacklog(2 ** 28), emit: () => {} }, env);
    const server = makeWebServer(undefined, { still: async () => {}, flv: door.flv, socket: door.socket }, env);
    const port = await listening(server);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
    socket.write(`GET /s/${token} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 502 /);
    go(socket);
    let open = 1;
    const count = setInterval(
      () =>
        server.getConnections((_error, connections) => {
          open = connections;
        }),
      50,
    );
    await until(() => open === 0, 5_000);
    clearInterval(count);
    socket.destroy();
    server.close();
  });
});

describe('a camera confuses nobody', () => {
  it('with a still that is answered by another protocol', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'));
    });
    const source = { url: `http://127.0.0.1:${await listening(server)}/`, user: '', password: '' };
    const still = await Promise.race([fetchSnapshot(source, 1_000, env, new AbortController().signal), sleep(3_000)]);
    expect(still).toMatchObject({ ok: false });
    server.close();
  });

  it('with a sender report shorter than one', () => {
    const report = Buffer.alloc(28);
    report.set([0x80, 200]);
    for (const words of [0, 1, 5]) {
      report.writeUInt16BE(words, 2);
      expect(senderReportLength(report, 0, 28)).toBe(0);
    }
    report.writeUInt16BE(6, 2);
    expect(senderReportLength(report, 0, 28)).toBe(28);
  });
});
