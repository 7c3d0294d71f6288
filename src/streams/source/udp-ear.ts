// An ear for a camera that sends over UDP alone: two ports, whose packets lie in slabs as those of a connection do.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Random } from '#base';
import type { ChannelPair } from '../rtsp/index.ts';
import { openSlabs, type Slab } from './slabs.ts';

export interface UdpEar extends Disposable {
  /** Ours: an even one for RTP and the next one for RTCP (RFC 3550 §11). */
  readonly ports: ChannelPair;
  /** Says a first word to the camera's own ports, so that a firewall in between lets its packets in. */
  greet(ports: ChannelPair): void;
}

export interface UdpEarOptions {
  /** The camera's IP address: nobody else is heard. */
  readonly camera: string;
  /** Channels that packets are given, as if they had come interleaved. */
  readonly channels: ChannelPair;
  /** Takes packets as they lie in a slab. */
  onPacket(slab: Slab, start: number, end: number): void;
}

const slabBytes = 128 * 1024;
const spareSlabs = 5;
const maxPacketBytes = 65_507;
const receiveBufferBytes = 2 * 1024 * 1024;
const tries = 20;
/** A packet that is older than the newest by at most so many came too late; by more, the camera counts anew. */
const maxDisorder = 1_000;

/** Binds two ports; undefined when there are none. */
export async function openUdpEar({ camera, channels, onPacket }: UdpEarOptions, random: Random): Promise<UdpEar | undefined> {
  const slabs = openSlabs(slabBytes, spareSlabs);
  let slab = slabs.take();
  let at = 0;
  /** By payload type: what else comes to the port counts by itself. */
  const newest: (number | undefined)[] = [];

  const isLate = (packet: Buffer): boolean => {
    if (packet.length < 12) return true;
    const sequence = packet.readUInt16BE(2);
    const type = (packet[1] ?? 0) & 0x7f;
    const before = newest[type];
    const step = before === undefined ? 1 : ((sequence - before) << 16) >> 16;
    if (step <= 0 && step > -maxDisorder) return true;
    newest[type] = sequence;
    return false;
  };
  const take = (channel: number, packet: Buffer, from: RemoteInfo): void => {
    if (from.address !== camera || packet.length > maxPacketBytes || (channel === channels.rtp && isLate(packet))) return;
    if (at + 4 + packet.length > slabBytes) {
      slab.release();
      slab = slabs.take();
      at = 0;
    }
    const end = at + 4 + packet.length;
    slab.bytes.set([0x24, channel, packet.length >> 8, packet.length & 0xff], at);
    slab.bytes.set(packet, at + 4);
    onPacket(slab, at, end);
    at = end;
  };
  const pair = await bindPair(isIPv6(camera) ? 'udp6' : 'udp4', random);
  if (!pair) return undefined;
  pair.rtp.on('message', (packet, from) => take(channels.rtp, packet, from));
  pair.rtcp.on('message', (packet, from) => take(channels.rtcp, packet, from));
  return {
    ports: { rtp: pair.port, rtcp: pair.port + 1 },
    greet(ports) {
      // An RTP packet without a payload, and a receiver report without a source (RFC 3550 §6.4.2).
      pair.rtp.send(Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), ports.rtp, camera, () => {});
      pair.rtcp.send(Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0]), ports.rtcp, camera, () => {});
    },
    [Symbol.dispose]() {
      pair.rtp.close();
      pair.rtcp.close();
    },
  };
}

interface Pair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

/** An even port that is free, with the next one. */
async function bindPair(type: 'udp4' | 'udp6', random: Random): Promise<Pair | undefined> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = 32_768 + 2 * Math.floor(random.uniform() * 14_000);
    const rtp = await bind(type, port);
    const rtcp = rtp && (await bind(type, port + 1));
    if (rtp && rtcp) return { rtp, rtcp, port };
    rtp?.close();
  }
  return undefined;
}

async function bind(type: 'udp4' | 'udp6', port: number): Promise<Socket | undefined> {
  const socket = createSocket({ type, recvBufferSize: receiveBufferBytes });
  try {
    socket.bind(port);
    await once(socket, 'listening');
    socket.on('error', () => {});
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}
