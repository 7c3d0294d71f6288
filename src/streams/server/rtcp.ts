// RTCP towards readers over UDP (RFC 3550 §6): the sender's report that they get, and what their own reports tell. Pure.

/** What a sender's report says. */
export interface SenderReport {
  readonly ssrc: number;
  /** Wall milliseconds at `rtpTime`. */
  readonly time: number;
  /** RTP timestamp that belongs to `time`. */
  readonly rtpTime: number;
  readonly packets: number;
  readonly octets: number;
  /** Canonical name: 1 to 64 characters of ASCII, no address in it. */
  readonly name: string;
}

/** What a reader says of the stream that it gets. */
export interface ReaderReport {
  /** Of the packets since the last report, 0 … 1. */
  readonly lossRatio: number;
  /** Interarrival jitter, in ticks of the RTP clock. */
  readonly jitterTicks: number;
}

/** Seconds from 1900 to 1970 (RFC 5905 §6). */
const ntpOffsetS = 2_208_988_800;
const senderReport = 200;
const readerReport = 201;
const description = 202;

/** A sender's report and the source description that must follow it (§6.1). */
export function encodeSenderReport({ ssrc, time, rtpTime, packets, octets, name }: SenderReport): Buffer {
  const text = Buffer.from(name.slice(0, 64), 'ascii');
  // The chunk: SSRC, the item's head and text, at least one null, to a multiple of four (§6.5).
  const chunkBytes = Math.ceil((4 + 2 + text.length + 1) / 4) * 4;
  const bytes = Buffer.alloc(28 + 4 + chunkBytes);
  bytes[0] = 0x80;
  bytes[1] = senderReport;
  bytes.writeUInt16BE(6, 2);
  bytes.writeUInt32BE(ssrc >>> 0, 4);
  bytes.writeUInt32BE((Math.floor(time / 1000) + ntpOffsetS) % 2 ** 32, 8);
  bytes.writeUInt32BE(Math.floor(((time % 1000) / 1000) * 2 ** 32), 12);
  bytes.writeUInt32BE(rtpTime >>> 0, 16);
  bytes.writeUInt32BE(packets % 2 ** 32, 20);
  bytes.writeUInt32BE(octets % 2 ** 32, 24);
  bytes[28] = 0x81;
  bytes[29] = description;
  bytes.writeUInt16BE(chunkBytes / 4, 30);
  bytes.writeUInt32BE(ssrc >>> 0, 32);
  bytes[36] = 1;
  bytes[37] = text.length;
  text.copy(bytes, 38);
  return bytes;
}

/** The first report block of a reader's compound packet (§6.4.2); zeros when it has no block yet, undefined when it is no reader's report. */
export function parseReaderReport(bytes: Buffer): ReaderReport | undefined {
  if (bytes.length < 8 || ((bytes[0] ?? 0) & 0xc0) !== 0x80 || bytes[1] !== readerReport) return undefined;
  const blocks = (bytes[0] ?? 0) & 0x1f;
  if (blocks === 0 || bytes.length < 32) return { lossRatio: 0, jitterTicks: 0 };
  return { lossRatio: (bytes[12] ?? 0) / 256, jitterTicks: bytes.readUInt32BE(20) };
}
