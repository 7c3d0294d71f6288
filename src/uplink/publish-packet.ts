// The PUBLISH packet of QoS 1 as bytes, whole: a drain is made of nothing else, and MQTT.js takes a dozen writes for each.
import type { Writable } from 'node:stream';
import type { ProtocolLevel } from './version.ts';
import type { Message } from './wire/index.ts';

/** Type 3, QoS 1; the lowest bit is RETAIN (§3.3.1). */
const publishQos1 = 0x32;

/** Properties by their identifiers (MQTT 5 §2.2.2.2). */
const properties = { payloadFormat: 0x01, expiry: 0x02, contentType: 0x03, correlation: 0x09 } as const;

/** Encodes a message (MQTT 5 §3.3, MQTT 3.1.1 §3.3). `id`: its packet identifier, 1 to 65,535. */
export function encodePublish(message: Message, id: number, level: ProtocolLevel): Buffer {
  const { topic, payload } = message;
  const topicBytes = Buffer.byteLength(topic);
  const payloadBytes = Buffer.byteLength(payload);
  const propertyBytes = level === 5 ? propertiesSize(message) : 0;
  const lengthBytes = level === 5 ? sizeOfLength(propertyBytes) : 0;
  const remaining = 2 + topicBytes + 2 + lengthBytes + propertyBytes + payloadBytes;
  const packet = Buffer.allocUnsafe(1 + sizeOfLength(remaining) + remaining);
  packet[0] = publishQos1 | (message.retain === true ? 1 : 0);
  let at = writeLength(packet, remaining, 1);
  at = packet.writeUInt16BE(topicBytes, at);
  at += packet.write(topic, at);
  at = packet.writeUInt16BE(id, at);
  if (level === 5) at = writeProperties(packet, message, writeLength(packet, propertyBytes, at));
  if (typeof payload === 'string') packet.write(payload, at);
  else payload.copy(packet, at);
  return packet;
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
  const { payload, contentType, expirySeconds, correlationData } = message;
  packet[start] = properties.payloadFormat;
  packet[start + 1] = typeof payload === 'string' ? 1 : 0;
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

/** Copying what is larger costs more than a write of its own. */
const smallBytes = 4096;

/** Writes whole packets; those of one turn of the loop leave as one. */
export function openPacketWriter(stream: Writable): (packet: Buffer) => void {
  let waiting: Buffer[] = [];
  const flush = (): void => {
    const packets = waiting;
    waiting = [];
    if (stream.destroyed) return;
    if (packets.every(({ length }) => length <= smallBytes)) return void stream.write(Buffer.concat(packets));
    stream.cork();
    for (const packet of packets) stream.write(packet);
    stream.uncork();
  };
  return (packet) => {
    // After all promises of this turn: what they send goes along.
    if (waiting.push(packet) === 1) process.nextTick(flush);
  };
}
