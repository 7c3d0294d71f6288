// The RTSP server read by players that were not written here, by each way that it has: TCP, UDP, TLS.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { startReading } from '../peers/ffmpeg-reader.ts';
import { readWithGst } from '../peers/gst-reader.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay, type Relay } from './site.ts';

let certificates: TestCertificates;
let clear: Relay;
let secure: Relay;
const cameras = new Map<string, GstCamera>();

beforeAll(async () => {
  certificates = await openTestCertificates();
  clear = openRelay();
  secure = openRelay({ tls: certificates.server });
  for (const codec of ['h264', 'h265'] as const) cameras.set(codec, await openGstCamera({ codec }));
});
afterAll(async () => {
  await clear[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
  for (const camera of cameras.values()) await camera[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

async function open(relay: Relay, url: string, device = 'cam-1'): Promise<string> {
  const lease = makeLease(url, { device });
  await relay.streams.admit(leaseOf(lease));
  return relay.streams.address('stream', lease.token);
}

describe('200 frames', () => {
  it.concurrent.each(['h264', 'h265'] as const)('of %s are decoded by ffmpeg and GStreamer, by TCP, UDP and TLS', async (codec) => {
    const { url } = cameras.get(codec) ?? { url: '' };
    const device = `cam-${codec}`;
    const [plain, again, guarded] = [await open(clear, url, device), await open(clear, url, device), await open(secure, url, device)];
    const read = await Promise.all([
      startReading(plain, 200, 'tcp').done,
      startReading(plain, 200, 'udp').done,
      startReading(guarded, 200, 'tcp').done,
      readWithGst(again, 200, 'tcp'),
      readWithGst(again, 200, 'udp'),
      readWithGst(guarded, 200, 'tcp'),
    ]);
    expect(read.map(({ complaints }) => complaints)).toEqual(read.map(() => ''));
    expect(read.filter(({ frames }) => frames < 200)).toEqual([]);
  });
});

describe('a reader over UDP', () => {
  async function openPorts(): Promise<readonly [UdpSocket, UdpSocket, string]> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return [...sockets, `${sockets[0].address().port}-${sockets[1].address().port}`];
  }

  it('gets RTP from the port that it was told, and reports of the sender with their own name', async () => {
    await using camera = await openQuirkyCamera();
    const url = await open(clear, camera.url, 'quirky');
    const [rtp, rtcp, ports] = await openPorts();
    using reader = await openRawReader(url);
    await reader.ask('DESCRIBE', url);
    const setUp = await reader.ask('SETUP', `${url}/trackID=0`, { Transport: `RTP/AVP;unicast;destination=10.0.0.1;client_port=${ports}` });
    const server = /server_port=(\d+)-(\d+)/.exec(setUp.text);
    expect(Number(server?.[2])).toBe(Number(server?.[1]) + 1);
    const packets: number[] = [];
    const senders = new Set<number>();
    rtp.on('message', (bytes, from) => {
      senders.add(from.port);
      packets.push(bytes.readUInt16BE(2));
    });
    const reported = once(rtcp, 'message') as Promise<[Buffer]>;
    expect((await reader.ask('PLAY', url)).status).toBe(200);
    await until(() => packets.length > 50);
    expect([...senders]).toEqual([Number(server?.[1])]);
    expect(packets.slice(1).every((sequence, index) => sequence === ((packets[index] ?? 0) + 1) % 65_536)).toBe(true);

    const block = Buffer.alloc(32);
    block.set([0x81, 201, 0, 7]);
    block[12] = 64;
    block.writeUInt32BE(900, 20);
    rtcp.send(block, Number(server?.[2]), '127.0.0.1');
    const report = async () => (await clear.streams.status()).sessions.find(({ device }) => device === 'quirky');
    await until(() => packets.length > 80);
    expect(await report()).toMatchObject({ transport: 'udp', lossRatio: 0.25, jitterMs: 10 });

    const [bytes] = await reported;
    expect([bytes[0], bytes[1]]).toEqual([0x80, 200]);
    const ntpS = bytes.readUInt32BE(8) - 2_208_988_800;
    expect(Math.abs(ntpS - Date.now() / 1000)).toBeLessThan(30);
    expect(bytes.readUInt32BE(20)).toBeGreaterThan(50);
    expect([bytes[28], bytes[29]]).toEqual([0x81, 202]);
    expect(bytes.toString('latin1', 38)).not.toMatch(/@|127/);

    reader.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = packets.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(packets).toHaveLength(after);
    rtp.close();
    rtcp.close();
  });

  it('is not served where pictures must not leave in clear', async () => {
    const url = await open(secure, cameras.get('h264')?.url ?? '', 'cam-h264');
    const socket = connectTls({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write(`SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^RTSP\/1\.0 461 /);
  });
});
