// A reader's line over UDP: pieces taken apart into datagrams, paced, with a sender's report now and then.
import type { Env } from '#base';
import type { ReaderLine } from '../path/index.ts';
import { encodeSenderReport, parseReaderReport, type ReaderReport } from './rtcp.ts';

/** Sends datagrams to one reader. */
export interface Datagrams {
  rtp(bytes: Buffer): void;
  rtcp(bytes: Buffer): void;
  /** Bytes that wait in this process for the network. */
  readonly waitingBytes: number;
  /** Nothing more will be sent. */
  close(): void;
}

/** The line, and what its reader says. */
export interface UdpLine extends ReaderLine, Disposable {
  /** The last report of the reader. */
  readonly report: ReaderReport | undefined;
  /** When its reader was heard last, on the monotonic clock; at the opening at the latest. */
  readonly heardAtMs: number;
  /** Takes an RTCP packet of the reader. */
  hear(bytes: Buffer): void;
}

/** So much goes at once; a reader's socket takes some 200 KB before it loses packets. */
const burstBytes = 96 * 1024;
/** Beyond it, so much each tick: 128 Mbit/s, faster than any camera, slower than the memory of its last pictures. */
const tickMs = 4;
const bytesPerTick = 64 * 1024;
const reportMs = 5_000;
/** What an IPv4 datagram carries at most. */
const maxDatagramBytes = 65_507;
const ticksPerMs = 90;

/** Opens a line. Pieces come on the channels 0 and 1; the camera's own reports stay here, for the line makes its own (RFC 3550 §6.4.1). */
export function openUdpLine(datagrams: Datagrams, env: Env): UdpLine {
  const name = env.random.bytes(8).toString('hex');
  const now = env.clock.monotonicMs;
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let budget = burstBytes;
  let refilledAt = now();
  let tick: Disposable | undefined;
  let heardAtMs = now();
  let report: ReaderReport | undefined;
  let last: { readonly ssrc: number; readonly rtpTime: number; readonly atMs: number } | undefined;
  let packets = 0;
  let octets = 0;

  const refill = (): void => {
    const ticks = (now() - refilledAt) / tickMs;
    budget = Math.min(burstBytes, budget + ticks * bytesPerTick);
    refilledAt = now();
  };
  const send = (packet: Buffer): void => {
    budget -= packet.length;
    last = { ssrc: packet.readUInt32BE(8), rtpTime: packet.readUInt32BE(4), atMs: now() };
    packets += 1;
    octets += packet.length - 12;
    datagrams.rtp(packet);
  };
  const drain = (): void => {
    tick = undefined;
    refill();
    let sent = 0;
    for (; sent < queue.length && budget > 0; sent += 1) {
      const packet = queue[sent];
      if (!packet) break;
      queuedBytes -= packet.length;
      send(packet);
    }
    queue.splice(0, sent);
    if (queue.length > 0) tick = env.clock.after(tickMs, drain);
  };
  const take = (packet: Buffer): void => {
    if (packet.length < 12 || packet.length > maxDatagramBytes) return;
    queue.push(packet);
    queuedBytes += packet.length;
  };
  const reporting = every(reportMs, env, () => {
    if (!last) return;
    const { ssrc, rtpTime, atMs } = last;
    const elapsed = Math.round((now() - atMs) * ticksPerMs);
    datagrams.rtcp(encodeSenderReport({ ssrc, time: env.clock.now(), rtpTime: (rtpTime + elapsed) % 2 ** 32, packets, octets, name }));
  });

  return {
    get waitingBytes() {
      return queuedBytes + datagrams.waitingBytes;
    },
    get report() {
      return report;
    },
    get heardAtMs() {
      return heardAtMs;
    },
    hear(bytes) {
      const said = parseReaderReport(bytes);
      if (!said) return;
      report = said;
      heardAtMs = now();
    },
    write(bytes) {
      for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
        if (bytes[at + 1] === 0) take(bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2)));
      }
      if (!tick) drain();
    },
    [Symbol.dispose]() {
      reporting[Symbol.dispose]();
      tick?.[Symbol.dispose]();
      tick = undefined;
      queue.length = 0;
      queuedBytes = 0;
      datagrams.close();
    },
  };
}

function every(ms: number, env: Env, act: () => void): Disposable {
  let timer: Disposable | undefined;
  const arm = (): void => {
    timer = env.clock.after(ms, () => {
      arm();
      act();
    });
  };
  arm();
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}
