// A broker of bare bytes that answers as a test says: for what a well-behaved broker never does.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** One packet as it came: type (1 CONNECT, 3 PUBLISH, 8 SUBSCRIBE …), its bytes behind the fixed header, and for PUBLISH its id. */
export interface RawPacket {
  readonly type: number;
  readonly body: Buffer;
  /** Protocol level of a CONNECT. */
  readonly level: number;
  /** Packet identifier of a PUBLISH with QoS 1 or a SUBSCRIBE. */
  readonly id: number;
}

export interface RawBroker extends AsyncDisposable {
  readonly url: string;
  readonly connections: number;
}

/** Calls `answer` for each packet; what it returns is written back, `'close'` closes the connection. */
export async function openRawBroker(answer: (packet: RawPacket, connection: number) => Buffer | 'close' | undefined): Promise<RawBroker> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    let gathered = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      gathered = Buffer.concat([gathered, chunk]);
      for (let frame = takeFrame(gathered); frame; frame = takeFrame(gathered)) {
        gathered = gathered.subarray(frame.length);
        const reply = answer(frame.packet, connection);
        if (reply === 'close') socket.end();
        else if (reply) socket.write(reply);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function takeFrame(bytes: Buffer): { packet: RawPacket; length: number } | undefined {
  let size = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7, at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  at += 1;
  if (bytes.length < at + size) return undefined;
  const type = (bytes[0] ?? 0) >> 4;
  const body = bytes.subarray(at, at + size);
  const id = type === 3 ? body.readUInt16BE(2 + body.readUInt16BE(0)) : type === 8 ? body.readUInt16BE(0) : 0;
  return { packet: { type, body, level: type === 1 ? (body[6] ?? 0) : 0, id }, length: at + size };
}

/** CONNACK of MQTT 5 with success, or of 3.1.1 with the given return code. */
export const connack = { v5: Buffer.from([0x20, 3, 0, 0, 0]), v4: (code: number) => Buffer.from([0x20, 2, 0, code]) };

/** PUBACK of MQTT 5. */
export function puback(id: number, reasonCode: number): Buffer {
  return Buffer.from([0x40, 4, id >> 8, id & 0xff, reasonCode, 0]);
}

/** SUBACK of MQTT 5 for one subscription. */
export function suback(id: number, reasonCode = 1): Buffer {
  return Buffer.from([0x90, 4, id >> 8, id & 0xff, 0, reasonCode]);
}
