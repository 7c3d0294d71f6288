// The PUBLISH packet of QoS 1 as bytes, whole: a drain is made of nothing else, and MQTT.js takes a dozen writes for each.
import type { Writable } from 'node:stream';
import type { ProtocolLevel } from './version.ts';
import { isText, type Message } from './wire/index.ts';

/** Type 3, QoS 1; the lowest bit is RETAIN (§3.3.1). */
const publishQos1 = 0x32;

/** Properties by their identifiers (MQTT 5 §2.2.2.2). */
const properties = { payloadFormat: 0x01, expiry: 0x02, contentType: 0x03, correlation: 0x09 } as const;

/** Encodes a message (MQTT 5 §3.3, MQTT 3.1.1 §3.3). `id`: its packet identifier, 1 to 65,535. */
export function encodePublish(message: Message, id: number, level: ProtocolLevel): Buffer {
  const sizes = sizesOf(message, level);
  const packet = Buffer.allocUnsafe(sizes.all);
  writePublish({ message, id, level, sizes }, packet, 0);
  return packet;
}

interface Sizes {
  readonly topic: number;
  readonly properties: number;
  readonly remaining: number;
  readonly all: number;
}

function sizesOf(message: Message, level: ProtocolLevel): Sizes {
  const topic = Buffer.byteLength(message.topic);
  const own = level === 5 ? propertiesSize(message) : 0;
  const remaining = 2 + topic + 2 + (level === 5 ? sizeOfLength(own) : 0) + own + Buffer.byteLength(message.payload);
  return { topic, properties: own, remaining, all: 1 + sizeOfLength(remaining) + remaining };
}

interface Publishing {
  readonly message: Message;
  readonly id: number;
  readonly level: ProtocolLevel;
  readonly sizes: Sizes;
}

/** Writes `sizes.all` bytes from `start` on. */
function writePublish({ message, id, level, sizes }: Publishing, packet: Buffer, start: number): void {
  const { topic, payload } = message;
  packet[start] = publishQos1 | (message.retain === true ? 1 : 0);
  let at = writeLength(packet, sizes.remaining, start + 1);
  at = packet.writeUInt16BE(sizes.topic, at);
  at += packet.write(topic, at);
  at = packet.writeUInt16BE(id, at);
  if (level === 5) at = writeProperties(packet, message, writeLength(packet, sizes.properties, at));
  if (typeof payload === 'string') packet.write(payload, at);
  else payload.copy(packet, at);
}

/** Bytes of `encodePublish` at most. */
export function packetSize(message: Message, level: ProtocolLevel): number {
  const body = 2 + Buffer.byteLength(message.topic) + 2 + Buffer.byteLength(message.payload);
  const all = level === 5 ? body + 4 + propertiesSize(message) : body;
  return 5 + all;
}

function propertiesSize({ contentType, expirySeconds, correlationData }: Message): number {
  const correlation = correlationData ? 3 + correlationData.byteLength : 0;
  return 2 + (expirySeconds === undefined ? 0 : 5) + 3 + Buffer.byteLength(contentType) + correlation;
}

function writeProperties(packet: Buffer, message: Message, start: number): number {
  const { contentType, expirySeconds, correlationData } = message;
  packet[start] = properties.payloadFormat;
  packet[start + 1] = isText(message) ? 1 : 0;
  let at = start + 2;
  if (expirySeconds !== undefined) at = packet.writeUInt32BE(expirySeconds, packet.writeUInt8(properties.expiry, at));
  at = packet.writeUInt8(properties.contentType, at);
  at = packet.writeUInt16BE(Buffer.byteLength(contentType), at);
  at += packet.write(contentType, at);
  if (!correlationData) return at;
  at = packet.writeUInt8(properties.correlation, at);
  at = packet.writeUInt16BE(correlationData.byteLength, at);
  return at + Buffer.from(correlationData).copy(packet, at);
}

/** Bytes of a Variable Byte Integer (MQTT 5 §1.5.5). */
function sizeOfLength(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : 4;
}

function writeLength(packet: Buffer, value: number, start: number): number {
  let at = start;
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) {
    packet[at] = (left & 0x7f) | 0x80;
    at += 1;
  }
  packet[at] = left;
  return at + 1;
}

/** Packets are put together in pieces of so many bytes; a larger one has a piece of its own. */
const pieceBytes = 65_536;

/** Writes packets as `encodePublish` has them; those of one turn of the loop leave as one. */
export function openPacketWriter(stream: Writable, level: ProtocolLevel): (message: Message, id: number) => void {
  /** The stream may hold what was written of it: that is never written again. */
  let piece = Buffer.alloc(0);
  let from = 0;
  let to = 0;
  let full: Buffer[] = [];
  const cut = (): void => {
    if (to > from) full.push(piece.subarray(from, to));
    from = to;
  };
  const flush = (): void => {
    cut();
    const pieces = full;
    full = [];
    if (stream.destroyed) return;
    if (pieces.length > 1) stream.cork();
    for (const each of pieces) stream.write(each);
    if (pieces.length > 1) stream.uncork();
  };
  return (message, id) => {
    const sizes = sizesOf(message, level);
    // After all promises of this turn: what they send goes along.
    if (full.length === 0 && to === from) process.nextTick(flush);
    if (to + sizes.all > piece.length) {
      cut();
      piece = Buffer.allocUnsafeSlow(Math.max(pieceBytes, sizes.all));
      from = 0;
      to = 0;
    }
    writePublish({ message, id, level, sizes }, piece, to);
    to += sizes.all;
  };
}
