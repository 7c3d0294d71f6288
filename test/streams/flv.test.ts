// FLV over HTTP and over a WebSocket, made by node-media-server in its child and read by ffmpeg: pictures, places, ends, and the child's death.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReading } from '../peers/ffmpeg-reader.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { readWithVlc } from '../peers/vlc-reader.ts';
import { hevcOf } from './hevc-in-flv.ts';
import { until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay, type Relay } from './site.ts';

let relay: Relay;
let camera: GstCamera;

beforeAll(async () => {
  camera = await openGstCamera({ codec: 'h264' });
  relay = openRelay();
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await camera[Symbol.asyncDispose]();
});

async function open(protocol: 'http-flv' | 'ws-flv', remainingMs = 60_000) {
  const lease = makeLease(camera.url, { protocol, remainingMs });
  await relay.streams.admit(leaseOf(lease));
  return { grant: lease.grant, url: relay.streams.address('stream', lease.token, protocol) };
}

/** The children of the media process. */
async function childrenOf(): Promise<readonly number[]> {
  const { pid = 0 } = (await relay.streams.status()).media;
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** What comes within `ms`. */
function bytesOf(url: string, ms: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const request = get(url, (response) => response.on('data', (bytes: Buffer) => parts.push(bytes)));
    const end = (): void => {
      request.destroy();
      resolve(Buffer.concat(parts));
    };
    request.on('error', end);
    setTimeout(end, ms);
  });
}

/** How many bytes the first piece of a stream has; 0 when there is none. */
function firstBytes(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, (response) => {
      response.once('data', (bytes: Buffer) => {
        resolve(response.statusCode === 200 ? bytes.length : 0);
        request.destroy();
      });
      response.once('close', () => resolve(0));
    });
    request.on('error', () => resolve(0));
  });
}

describe('HTTP-FLV', () => {
  it('is decoded by ffmpeg, from one connection to the camera for all, with nothing of sound in it', async () => {
    const [first, second] = [await open('http-flv'), await open('http-flv')];
    expect(await childrenOf()).toEqual([]);
    const read = await Promise.all([first, second].map(({ url }) => startReading(url, 200).done));
    // The newest pictures come to a new reader with timestamps close to each other, and FLV counts whole milliseconds.
    const broken = read
      .flatMap(({ complaints }) => complaints.split('\n'))
      .filter((line) => line !== '' && !line.includes('non monotonically'));
    expect(broken).toEqual([]);
    expect(read.filter(({ frames }) => frames < 200)).toEqual([]);
    expect(camera.opened).toBe(1);
    expect(await childrenOf()).toHaveLength(1);
    const closed = await relay.until('session-closed', ({ grant }) => grant === first.grant);
    expect(closed).toMatchObject({ reason: 'reader' });
    expect(closed.frames).toBeGreaterThan(150);
  });

  it.concurrent('is decoded by VLC', async () => {
    const { url } = await open('http-flv');
    expect(await readWithVlc(url, 200, { width: 320, height: 240 })).toBeGreaterThanOrEqual(200);
  });

  it.concurrent('carries H.265 as Enhanced RTMP has it, every picture of it decodable', async () => {
    await using other = await openGstCamera({ codec: 'h265' });
    const lease = makeLease(other.url, { protocol: 'http-flv', device: 'cam-h265' });
    await relay.streams.admit(leaseOf(lease));
    const flv = await bytesOf(relay.streams.address('stream', lease.token, 'http-flv'), 10_000);
    const { stream, pictures } = hevcOf(flv);
    expect(pictures).toBeGreaterThanOrEqual(200);
    const decode = ['-v', 'error', '-progress', 'pipe:1', '-f', 'hevc', '-i', 'pipe:0', '-fps_mode', 'passthrough', '-f', 'null', '-'];
    const { stdout, stderr } = spawnSync('ffmpeg', decode, { input: stream, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(Number([...stdout.matchAll(/^frame=\s*(\d+)/gm)].at(-1)?.[1])).toBe(pictures);
  });

  it.concurrent('is cut when the lease ends, and its address opens nothing any more', async () => {
    const { url, grant } = await open('http-flv', 6_000);
    const startedAt = performance.now();
    const read = await startReading(url, 10_000).done;
    expect(read.frames).toBeGreaterThan(10);
    expect(performance.now() - startedAt).toBeLessThan(7_500);
    expect(await relay.until('session-closed', (event) => event.grant === grant)).toMatchObject({ reason: 'expired' });
    const status = await new Promise((resolve) => get(url, ({ statusCode }) => resolve(statusCode)).on('error', () => resolve(0)));
    expect(status).toBe(404);
  });

  it('serves the same address again within 5 s after the child was killed', async () => {
    const { url } = await open('http-flv');
    const reading = startReading(url, 10_000);
    await until(() => reading.frames > 5, 15_000);
    const [child = 0] = await childrenOf();
    process.kill(child, 'SIGKILL');
    const killedAt = performance.now();
    await reading.done;
    while ((await firstBytes(url)) === 0 && performance.now() - killedAt < 10_000);
    expect(performance.now() - killedAt).toBeLessThan(5_000);
    expect((await relay.streams.status()).media.restarts).toBe(0);
    expect(await childrenOf()).not.toContain(child);
  });
});

describe('a camera that does not come', () => {
  it.each(['http-flv', 'ws-flv'] as const)('is said in words over %s', async (protocol) => {
    await using hasty = openRelay({ openTimeout: '1s' });
    await hasty.until('listening', ({ listener }) => listener === 'http', 30_000);
    const lease = makeLease('rtsp://127.0.0.1:1/x', { protocol });
    await hasty.streams.admit(leaseOf(lease));
    const url = hasty.streams.address('stream', lease.token, protocol).replace(/^ws/, 'http');
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const text = await new Promise<string>((resolve, reject) => {
      const asked = get(url, { headers: protocol === 'ws-flv' ? handshake : {} }, (response) => {
        let body = `${response.statusCode} `;
        response.on('data', (bytes: Buffer) => {
          body += bytes.toString();
        });
        response.on('end', () => resolve(body));
      });
      asked.on('error', reject);
    });
    expect(text).toMatch(/^502 the camera cannot be reached/);
  });
});

describe('WS-FLV', () => {
  it('brings whole FLV tags in binary messages, answers pings, and is cut when it is revoked', async () => {
    const { url, grant } = await open('ws-flv');
    expect(url).toMatch(/^ws:/);
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const messages: Buffer[] = [];
    const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
    socket.addEventListener('message', ({ data }) => messages.push(Buffer.from(data as ArrayBuffer)));
    await until(() => messages.length > 60, 15_000);
    expect(messages[0]?.toString('latin1', 0, 5)).toBe('FLV\x01\x01');
    const tags = messages.slice(1);
    expect(tags.every((tag) => tag.length === 15 + tag.readUIntBE(1, 3))).toBe(true);
    expect(new Set(tags.map((tag) => tag[0]))).toEqual(new Set([9, 18]));
    const other = new WebSocket(url);
    const otherClosed = new Promise<void>((resolve) => other.addEventListener('close', () => resolve()));
    await new Promise<void>((resolve) => other.addEventListener('message', () => resolve(), { once: true }));
    const [first, second] = (await relay.streams.status()).sessions.filter((session) => session.grant === grant);
    expect(first).toMatchObject({ transport: 'ws-flv' });
    expect(await relay.streams.cut(second?.session ?? '')).toBe(true);
    await otherClosed;
    expect(socket.readyState).toBe(WebSocket.OPEN);
    await relay.streams.revoke(grant);
    await closed;
  });

  it('is not given to who asks over HTTP, and a wrong token gets nothing', async () => {
    const { url } = await open('ws-flv');
    const statusOf = (address: string): Promise<number | undefined> =>
      new Promise((resolve) => get(address.replace(/^ws/, 'http'), ({ statusCode }) => resolve(statusCode)).on('error', () => resolve(0)));
    expect(await statusOf(url)).toBe(404);
    expect(await statusOf(url.replace(/s\/[^/]+/, `s/${randomBytes(32).toString('base64url')}`))).toBe(404);
  });
});
