// The lines to a camera: over TLS, and inside HTTP, with a camera that knows of neither behind a front.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { parseAddress } from '../../src/streams/source/address.ts';
import { runSource } from '../../src/streams/source/index.ts';
import { openTlsFront } from '../cameras/tls-front.ts';
import { openTestCertificates } from '../peers/certificates.ts';
import { type Habits, openQuirkyCamera } from './quirky-camera.ts';

const env = systemEnv(openLog('silent'));
const readBuffer = Buffer.alloc(64 * 1024);

/** Plays until ten frames came. */
async function watch(url: string, login = { user: '', password: '' }) {
  const stop = new AbortController();
  let frames = 0;
  const sink = {
    ready: () => {},
    piece: (piece: { readonly frames: number }) => {
      frames += piece.frames;
      if (frames >= 10) stop.abort();
    },
  };
  const options = { source: { url, ...login }, replyTimeoutMs: 2_000, frameTimeoutMs: 2_000, readBuffer };
  const failure = await runSource(options, sink, env, stop.signal);
  return { frames, failure };
}

/** A front that takes RTSP out of HTTP, as cameras do. `status` is what it answers to GET. */
async function openTunnelFront(cameraUrl: string, status = '200 OK') {
  const { hostname, port } = new URL(cameraUrl);
  const cameras = new Map<string, Socket>();
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket, head: string, rest: Buffer): void => {
    heads.push(head);
    const cookie = /^x-sessioncookie: (\w+)/im.exec(head)?.[1] ?? '';
    if (head.startsWith('GET')) {
      socket.write(`HTTP/1.0 ${status}\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n`);
      const camera = connect(Number(port), hostname);
      camera.on('error', () => {});
      cameras.set(cookie, camera);
      camera.pipe(socket);
      socket.once('close', () => camera.destroy());
      return;
    }
    let kept = '';
    const take = (bytes: Buffer): void => {
      kept += bytes.toString('latin1');
      const whole = kept.length - (kept.length % 4);
      cameras.get(cookie)?.write(
        Buffer.concat(
          kept
            .slice(0, whole)
            .match(/.{4}/gs)
            ?.map((four) => Buffer.from(four, 'base64')) ?? [],
        ),
      );
      kept = kept.slice(whole);
    };
    take(rest);
    socket.on('data', take);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let kept = Buffer.alloc(0);
    const read = (bytes: Buffer): void => {
      kept = Buffer.concat([kept, bytes]);
      const end = kept.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read);
      serve(socket, kept.toString('latin1', 0, end), kept.subarray(end + 4));
    };
    socket.on('data', read);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heads,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const login = { user: 'gate', password: 'secret' };
const guarded: Habits = { digest: 'SHA-256', login };

describe('a line over TLS', () => {
  it('plays, whoever signed the camera’s certificate, with the password proved', async () => {
    await using camera = await openQuirkyCamera(guarded);
    await using certificates = await openTestCertificates();
    const front = await openTlsFront(certificates.server, new URL(camera.url).host);
    expect(await watch(`rtsps://127.0.0.1:${front.port}/live`, login)).toEqual({ frames: 10, failure: undefined });
    expect(camera.asked.every((line) => line.includes(' rtsps://'))).toBe(true);
    await front.close();
  });

  it('is refused by what speaks no TLS', async () => {
    await using camera = await openQuirkyCamera();
    expect((await watch(camera.url.replace('rtsp:', 'rtsps:'))).failure).toMatchObject({
      reason: expect.stringMatching(/unreachable|timeout/),
    });
  });
});

describe('a line inside HTTP', () => {
  it('brings the camera’s bytes by GET and ours by POST', async () => {
    await using camera = await openQuirkyCamera(guarded);
    await using front = await openTunnelFront(camera.url);
    expect(await watch(`http://127.0.0.1:${front.port}/live?x=1`, login)).toEqual({ frames: 10, failure: undefined });
    expect(front.heads.map((head) => head.split('\r\n')[0])).toEqual(['GET /live?x=1 HTTP/1.0', 'POST /live?x=1 HTTP/1.0']);
    expect(new Set(front.heads.map((head) => /x-sessioncookie: (\w{24})/.exec(head)?.[1])).size).toBe(1);
    await expect.poll(() => camera.asked.at(-1)).toMatch(/^TEARDOWN rtsp:/);
  });

  it('may lie inside TLS', async () => {
    await using camera = await openQuirkyCamera();
    await using front = await openTunnelFront(camera.url);
    await using certificates = await openTestCertificates();
    const tls = await openTlsFront(certificates.server, `127.0.0.1:${front.port}`);
    expect(await watch(`https://127.0.0.1:${tls.port}/live`)).toEqual({ frames: 10, failure: undefined });
    await tls.close();
  });

  it('says what it was refused with', async () => {
    await using camera = await openQuirkyCamera();
    await using front = await openTunnelFront(camera.url, '404 Not Found');
    expect((await watch(`http://127.0.0.1:${front.port}/live`)).failure).toEqual({ reason: 'unreachable', detail: 'HTTP 404' });
  });
});

describe('an address', () => {
  it.each([
    ['rtsp://u:p@10.0.0.1/a?b=1#c', undefined],
    ['rtsp://u:p@10.0.0.1/a?b=1', { host: '10.0.0.1', port: 554, url: 'rtsp://10.0.0.1/a?b=1', isTls: false, isTunnel: false }],
    ['RTSPS://cam/a', { host: 'cam', port: 322, url: 'rtsps://cam/a', isTls: true }],
    ['http://cam:8080', { port: 8080, url: 'rtsp://cam:8080/', isTls: false, isTunnel: true, path: '/' }],
    ['https://[fe80::1%eth0]?x', { host: 'fe80::1%eth0', port: 443, url: 'rtsp://[fe80::1%eth0]?x', isTls: true, path: '/?x' }],
    ['ftp://cam/', undefined],
    ['rtsp://cam:0/', undefined],
  ])('%s', (text, expected) => {
    if (expected) expect(parseAddress(text)).toMatchObject(expected);
    else expect(parseAddress(text)).toBeUndefined();
  });
});
