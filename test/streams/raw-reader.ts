// A reader that says exactly what a test wants, over one TCP connection, inside TLS where the address says so.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** An RTP packet as it came. */
export interface SeenPacket {
  readonly channel: number;
  readonly frame: number;
  readonly isKey: boolean;
  readonly sequence: number;
  readonly ssrc: number;
}

export interface RawReader extends Disposable {
  readonly socket: Socket;
  /** Sends a request and waits for its answer's status and text. */
  ask(method: string, url: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
  /** Bytes of pictures that came. */
  readonly bytes: number;
  /** Timestamps of the RTP packets that came, in frames (of 1,800 ticks), with the channel they came on. */
  readonly packets: readonly SeenPacket[];
  readonly closed: Promise<void>;
}

/** Connects to the port in `url`. */
export async function openRawReader(url: string): Promise<RawReader> {
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === 'rtsps:';
  const place = { host: hostname, port: Number(port) };
  const socket = isTls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
  const packets: SeenPacket[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let sequence = 0;
  let answered: ((answer: { status: number; text: string }) => void) | undefined;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      answered?.({ status: 0, text: 'closed' });
      resolve();
    });
  });
  socket.on('error', () => {});
  const take = (): number => {
    if (rest[0] === 0x24) {
      if (rest.length < 4 || rest.length < 4 + rest.readUInt16BE(2)) return 0;
      const [channel = 0] = rest.subarray(1, 2);
      const head = { sequence: rest.readUInt16BE(6), ssrc: rest.readUInt32BE(12) };
      if (channel % 2 === 0) packets.push({ channel, frame: rest.readUInt32BE(8) / 1_800, isKey: rest[16] === 0x65, ...head });
      return 4 + rest.readUInt16BE(2);
    }
    const text = rest.toString('latin1', 0, Math.min(rest.length, 8_192));
    const end = text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (end < 0 || rest.length < end + 4 + length) return 0;
    answered?.({ status: Number(text.slice(9, 12)), text: text.slice(0, end + 4 + length) });
    return end + 4 + length;
  };
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    for (let used = take(); used > 0; used = take()) rest = rest.subarray(used);
  });
  await once(socket, isTls ? 'secureConnect' : 'connect').catch(() => {});
  return {
    socket,
    closed,
    packets,
    get bytes() {
      return bytes;
    },
    async ask(method, target, headers = {}) {
      sequence += 1;
      const { promise, resolve } = Promise.withResolvers<{ status: number; text: string }>();
      answered = resolve;
      if (socket.destroyed) resolve({ status: 0, text: 'closed' });
      const lines = Object.entries({ CSeq: String(sequence), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${target} RTSP/1.0\r\n${lines.join('')}\r\n`);
      return await promise;
    },
    [Symbol.dispose]: () => {
      socket.destroy();
    },
  };
}

/** DESCRIBE, SETUP on the given channels and PLAY; the status that ended it, 200 when it plays. */
export async function startPlaying(reader: RawReader, url: string, channels = '0-1'): Promise<number> {
  const described = await reader.ask('DESCRIBE', url, { Accept: 'application/sdp' });
  if (described.status !== 200) return described.status;
  const setUp = await reader.ask('SETUP', `${url}/trackID=0`, { Transport: `RTP/AVP/TCP;unicast;interleaved=${channels}` });
  if (setUp.status !== 200) return setUp.status;
  const session = /session: ([^;\r]+)/i.exec(setUp.text)?.[1] ?? '';
  return (await reader.ask('PLAY', url, { Session: session })).status;
}

/** Waits until `test` holds, looking every 20 ms; rejects after `timeoutMs`. */
export async function until(test: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!test()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${test.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
