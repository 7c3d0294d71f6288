// Stills: one picture from the camera's snapshot address, handed over once.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { decodePicture } from '../../src/streams/stills/decoder.ts';
import { openDesk } from '../../src/streams/stills/desk.ts';
import { openShutter } from '../../src/streams/stills/shutter.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openGstCamera } from '../peers/rtsp-camera.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(5_000, 7), Buffer.from([0xff, 0xd9])]);

interface Camera extends AsyncDisposable {
  readonly url: string;
}

async function openCamera(answer: (authorization: string | undefined, response: ServerResponse) => void): Promise<Camera> {
  const server: Server = createServer((request, response) => answer(request.headers.authorization, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/snap.jpg?ch=1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function withDigest(user: string, password: string) {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return (authorization: string | undefined, response: ServerResponse): void => {
    const field = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(authorization ?? '')?.[1] ?? '';
    const expected = hash(`${hash(`${user}:cam:${password}`)}:n1:${field('nc')}:${field('cnonce')}:auth:${hash('GET:/snap.jpg?ch=1')}`);
    if (authorization !== undefined && field('response') === expected) return void response.end(jpeg);
    response
      .writeHead(401, { 'WWW-Authenticate': ['Basic realm="cam"', 'Digest realm="cam", nonce="n1", qop="auth", algorithm=SHA-256'] })
      .end();
  };
}

describe('a still', () => {
  it('is fetched with Digest, served once and never kept', async () => {
    await using camera = await openCamera(withDigest('u', 'secret'));
    await using relay = openRelay();
    const lease = makeLease(camera.url, { form: 'still', source: { url: camera.url, user: 'u', password: 'secret' } });
    await relay.streams.admit(leaseOf(lease));
    const address = relay.streams.address('still', lease.token);
    const first = await fetch(address);
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(first.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await first.arrayBuffer()).equals(jpeg)).toBe(true);
    expect(await relay.until('session-closed')).toMatchObject({ grant: lease.grant, reason: 'reader', frames: 1, bytes: jpeg.length });
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'used' });
    expect((await fetch(address)).status).toBe(404);
  });

  it('of which only a part was taken is on the record as that, and is not had again', async () => {
    const large = Buffer.concat([jpeg.subarray(0, 4), Buffer.alloc(7 * 2 ** 20, 7)]);
    await using camera = await openCamera((_authorization, response) => void response.end(large));
    await using relay = openRelay();
    const lease = makeLease(camera.url, { form: 'still' });
    await relay.streams.admit(leaseOf(lease));
    const address = new URL(relay.streams.address('still', lease.token));
    const socket = connect(Number(address.port), address.hostname);
    socket.write(`GET ${address.pathname} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    const closed = await relay.until('session-closed');
    expect(closed).toMatchObject({ grant: lease.grant, reason: 'reader', frames: 0 });
    expect(closed.bytes).toBeLessThan(large.length);
    expect(await relay.until('grant-ended')).toMatchObject({ reason: 'used', note: `${closed.bytes} of ${large.length} bytes` });
    expect((await fetch(address)).status).toBe(404);
  });

  it.each([
    ['the login is refused', withDigest('u', 'other'), /user name or password/],
    ['it is no JPEG', (_: unknown, response: ServerResponse) => response.end('<html>'), /not a JPEG/],
    ['it is too large', (_: unknown, response: ServerResponse) => response.end(Buffer.alloc(9 * 2 ** 20, 0xff)), /8 MiB/],
    ['the camera fails', (_: unknown, response: ServerResponse) => response.writeHead(500).end(), /HTTP 500/],
    ['the camera says nothing', () => {}, /in time/],
  ] as const)('is refused with the reason when %s, and its grant is over with it', async (_name, answer, reason) => {
    await using camera = await openCamera(answer);
    await using relay = openRelay({ openTimeout: '1s' });
    const lease = makeLease(camera.url, { form: 'still', source: { url: camera.url, user: 'u', password: 'secret' } });
    await relay.streams.admit(leaseOf(lease));
    const address = relay.streams.address('still', lease.token);
    const response = await fetch(address);
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(reason);
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'failed', note: expect.stringMatching(reason) });
    expect((await fetch(address)).status).toBe(404);
  });

  it.each([false, true])('is fetched with Basic when that is allowed: %s', async (allowBasic) => {
    const heard: (string | undefined)[] = [];
    await using camera = await openCamera((authorization, response) => {
      heard.push(authorization);
      if (authorization) response.end(jpeg);
      else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="cam"' }).end();
    });
    await using relay = openRelay({ allowBasic });
    const lease = makeLease(camera.url, { form: 'still', source: { url: camera.url, user: 'u', password: 'secret' } });
    await relay.streams.admit(leaseOf(lease));
    const response = await fetch(relay.streams.address('still', lease.token));
    expect(response.status).toBe(allowBasic ? 200 : 502);
    if (!allowBasic) expect(await response.text()).toMatch(/user name or password.*Basic/);
    expect(heard).toEqual(allowBasic ? [undefined, `Basic ${Buffer.from('u:secret').toString('base64')}`] : [undefined]);
  });

  it('does not open with the token of a stream, nor by another method', async () => {
    await using relay = openRelay();
    const stream = makeLease('rtsp://127.0.0.1:1/x');
    await relay.streams.admit(leaseOf(stream));
    await relay.streams.admit(leaseOf(makeLease('http://127.0.0.1:1/x', { form: 'still' })));
    const address = relay.streams.address('still', stream.token);
    expect((await fetch(address)).status).toBe(404);
    expect((await fetch(address, { method: 'POST', body: 'x' })).status).toBe(405);
  });
});

describe('a login that a camera has refused', () => {
  it('is not tried again for another grant within a minute', async () => {
    let logins = 0;
    await using camera = await openCamera((authorization, response) => {
      if (authorization) logins += 1;
      withDigest('u', 'other')(authorization, response);
    });
    await using relay = openRelay();
    const ask = async (password: string): Promise<string> => {
      const lease = makeLease(camera.url, { form: 'still', source: { url: camera.url, user: 'u', password } });
      await relay.streams.admit(leaseOf(lease));
      return await (await fetch(relay.streams.address('still', lease.token))).text();
    };
    expect(await ask('secret')).toMatch(/refuses the user name or password/);
    for (let count = 0; count < 4; count += 1) expect(await ask('secret')).toMatch(/less than a minute ago/);
    expect(logins).toBe(1);
    expect(await ask('corrected')).toMatch(/refuses the user name or password/);
    expect(logins).toBe(2);
  });
});

describe('the desk of the decoder', () => {
  it('has two at work and eight who wait, and refuses more', async () => {
    const desk = openDesk();
    const ends: (() => void)[] = [];
    const taken = Array.from({ length: 11 }, () =>
      desk.take(async () => {
        await new Promise<void>((resolve) => ends.push(resolve));
        return 'done';
      }),
    );
    expect(await taken[10]).toBeUndefined();
    expect(ends).toHaveLength(2);
    for (let count = 0; count < 10; count += 1) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
      expect(ends.length).toBeLessThanOrEqual(2);
    }
    expect(await Promise.all(taken.slice(0, 10))).toEqual(Array.from({ length: 10 }, () => 'done'));
  });
});

describe('the decoder', () => {
  it('runs behind the pictures that flow, within bounds of memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bongsu-decoder-'));
    const program = join(folder, 'decoder');
    const told = join(folder, 'told');
    await writeFile(program, `#!/bin/sh\n(ulimit -v; echo "$@") > ${told}\n`, { mode: 0o755 });
    const env = systemEnv(openLog('silent'));
    const { signal } = new AbortController();
    expect(await decodePicture(program, 'h264', Buffer.from([1]), env, signal)).toBeUndefined();
    const [space, flags] = (await readFile(told, 'utf8')).split('\n');
    expect(Number(space)).toBe(1_572_864);
    expect(flags).toContain('-max_pixels 33177600');
    await rm(folder, { recursive: true });
  });
});

describe('a still of a camera that offers none', () => {
  it.each(['h264', 'h265'] as const)('is a key frame of its %s stream, decoded', async (codec) => {
    await using camera = await openGstCamera({ codec });
    await using relay = openRelay();
    await relay.until('listening', ({ listener }) => listener === 'http', 30_000);
    const lease = makeLease(camera.url, { form: 'still' });
    await relay.streams.admit(leaseOf(lease));
    const answer = await fetch(relay.streams.address('still', lease.token));
    expect(answer.status).toBe(200);
    const picture = Buffer.from(await answer.arrayBuffer());
    expect(picture.subarray(0, 3).toString('hex')).toBe('ffd8ff');
    // The frame's own header says its size (ITU-T T.81 §B.2.2).
    const frame = picture.indexOf(Buffer.from([0xff, 0xc0]));
    expect([picture.readUInt16BE(frame + 5), picture.readUInt16BE(frame + 7)]).toEqual([240, 320]);
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'used' });
  });

  it('is refused with the reason where no ffmpeg is', async () => {
    await using relay = openRelay({ ffmpeg: '/nowhere/ffmpeg' });
    const lease = makeLease('rtsp://127.0.0.1:1/x', { form: 'still' });
    await expect(relay.streams.admit(leaseOf(lease))).rejects.toMatchObject({ code: 'streams.no-decoder' });
  });
});

describe('the shutter', () => {
  it('asks a camera once in a second, and tells a failure to those alone who waited', async () => {
    const clock = openFakeClock(0);
    const shutter = openShutter(clock);
    let asked = 0;
    const good = () => {
      asked += 1;
      return Promise.resolve({ ok: true as const, jpeg });
    };
    await Promise.all([shutter.release('a', good), shutter.release('a', good), shutter.release('b', good)]);
    expect(asked).toBe(2);
    clock.advance(999);
    await shutter.release('a', good);
    expect(asked).toBe(2);
    clock.advance(1);
    await shutter.release('a', good);
    expect(asked).toBe(3);
    const bad = () => Promise.resolve({ ok: false as const, failure: { reason: 'busy' as const, detail: '' } });
    expect(await shutter.release('c', bad)).toMatchObject({ ok: false });
    expect(await shutter.release('c', good)).toMatchObject({ ok: true });
  });
});
