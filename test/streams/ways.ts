// Every way that pictures go out, each watched for when it flows and when it is cut: RTSP, HTTP-FLV, WS-FLV, and pushes over RTSP and RTMP.
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { openReceiver } from '../peers/ffmpeg-receiver.ts';
import { openRawReader, startPlaying } from './raw-reader.ts';

export interface Way extends AsyncDisposable {
  /** Whether pictures are on it. */
  readonly flows: boolean;
  /** Resolves when it is cut, with the time of that (`performance.now`). */
  readonly cut: Promise<number>;
}

/** More than the answers before the first picture. */
const flowingBytes = 20_000;

function watched(dispose: () => Promise<void> | void) {
  const { promise, resolve } = Promise.withResolvers<number>();
  let bytes = 0;
  const way: Way = {
    cut: promise,
    get flows() {
      return bytes > flowingBytes;
    },
    async [Symbol.asyncDispose]() {
      await dispose();
    },
  };
  return {
    way,
    took: (count: number) => {
      bytes += count;
    },
    over: () => resolve(performance.now()),
  };
}

/** A reader over RTSP. */
export async function readRtsp(url: string): Promise<Way> {
  const reader = await openRawReader(url);
  const { way, took, over } = watched(() => reader[Symbol.dispose]());
  reader.socket.on('data', (bytes: Buffer) => took(bytes.length));
  void reader.closed.then(over);
  const status = await startPlaying(reader, url);
  if (status !== 200) throw new Error(`${url}: ${status}`);
  return way;
}

/** A reader over HTTP-FLV. */
export function readHttpFlv(url: string): Way {
  const request = get(url, (response) => {
    response.on('data', (bytes: Buffer) => took(bytes.length));
    response.on('error', () => {});
    response.on('close', over);
  });
  const { way, took, over } = watched(() => void request.destroy());
  request.on('error', () => {});
  return way;
}

/** A reader over WS-FLV. */
export function readWsFlv(url: string): Way {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const { way, took, over } = watched(() => socket.close());
  socket.addEventListener('message', ({ data }) => took((data as ArrayBuffer).byteLength));
  socket.addEventListener('error', () => {});
  socket.addEventListener('close', over);
  return way;
}

/** A server of the hub for one push, behind a line that knows when it is cut; `base` is what to allow, `to` where to push. */
export async function receivePush(scheme: 'rtsp' | 'rtmp'): Promise<{ readonly base: string; readonly to: string; readonly way: Way }> {
  const receiver = await openReceiver(scheme, '/live/cam-1');
  const { way, took, over } = watched(async () => {
    server.close();
    await receiver[Symbol.asyncDispose]();
  });
  const server = createServer((socket) => {
    const inner = connect({ host: '127.0.0.1', port: receiver.port });
    socket.on('data', (bytes: Buffer) => took(bytes.length)).on('close', over);
    for (const [from, to] of [[socket, inner] as const, [inner, socket] as const]) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  return { base, to: `${base}/cam-1`, way };
}
