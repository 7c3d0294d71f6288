// Pictures carried out to servers that were not written here: RTSP and RTMP, in clear and through TLS, only where it is allowed, until the lease ends.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvedSecret } from '#base';
import { isBelow, parsePushAddress } from '../../src/streams/push-address.ts';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { openReceiver } from '../peers/ffmpeg-receiver.ts';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const cameras = new Map<string, GstCamera>();
let certificates: TestCertificates;

beforeAll(async () => {
  for (const codec of ['h264', 'h265'] as const) cameras.set(codec, await openGstCamera({ codec }));
  certificates = await openTestCertificates();
});
afterAll(async () => {
  for (const camera of cameras.values()) await camera[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

/** A TLS server in front of `port`. */
async function openTlsFront(port: number): Promise<AsyncDisposable & { readonly port: number }> {
  const pair = { cert: readFileSync(certificates.server.cert), key: readFileSync(certificates.server.key) };
  const server = createTlsServer(pair, (socket) => {
    const inner = connect({ host: '127.0.0.1', port });
    for (const [from, to] of [[socket, inner] as const, [inner, socket] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

describe('a push', () => {
  it.each([
    ['rtsp', '', 'h264'],
    ['rtsp', 's', 'h265'],
    ['rtmp', '', 'h264'],
    ['rtmp', 's', 'h264'],
  ] as const)(
    'by %s%s, of %s, is received whole and without sound, and is cut within a second when it is revoked',
    async (scheme, tls, codec) => {
      const { url: cameraUrl } = cameras.get(codec) ?? { url: '' };
      await using receiver = await openReceiver(scheme, '/live/cam-1');
      await using front = await openTlsFront(receiver.port);
      const base = `${scheme}${tls}://localhost:${tls === '' ? receiver.port : front.port}/live`;
      await using relay = openRelay({ pushTo: [{ address: base, ca: certificates.ca }] });
      const lease = makeLease(cameraUrl);
      await relay.streams.admit(leaseOf(lease), `${base}/cam-1`);
      const opened = await relay.until('session-opened');
      expect(opened).toMatchObject({ grant: lease.grant, peer: expect.stringMatching(/^localhost:/) });
      await until(() => receiver.frames > 40, 20_000);
      expect(receiver.hasAudio).toBe(false);
      expect((await relay.streams.status()).sessions).toMatchObject([{ transport: `${scheme}-push`, dropped: 0 }]);
      const revokedAt = performance.now();
      await relay.streams.revoke(lease.grant);
      expect(await relay.until('session-closed')).toMatchObject({ reason: 'revoked' });
      await receiver.done;
      expect(performance.now() - revokedAt).toBeLessThan(3_000);
    },
  );

  it('logs in with Digest where the server asks for it, again when its nonce is new, and says its name to nobody in clear', async () => {
    const asked: string[] = [];
    const alive: boolean[] = [];
    let pictures = 0;
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const field = (text: string, name: string): string => new RegExp(`${name}="?([^",\r]+)`, 'i').exec(text)?.[1] ?? '';
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes: Buffer) => {
        if (bytes[0] === 0x24) pictures += 1;
        const text = bytes.toString('latin1');
        const [method = '', uri = ''] = text.split(' ');
        if (!/^[A-Z]+$/.test(method)) return;
        // From the first keep-alive on the nonce is another.
        const nonce = method === 'OPTIONS' ? 'n2' : 'n1';
        asked.push(method);
        const sequence = `CSeq: ${field(text, 'CSeq: ?')}\r\n`;
        const proof = md5(`${md5('site:hub:s3cret')}:${nonce}:${md5(`${method}:${uri}`)}`);
        const isProven = field(text, 'response') === proof;
        if (method === 'OPTIONS') alive.push(isProven);
        if (!isProven) {
          socket.write(
            `RTSP/1.0 401 Unauthorized\r\n${sequence}WWW-Authenticate: Basic realm="hub"\r\nWWW-Authenticate: Digest realm="hub", nonce="${nonce}"\r\n\r\n`,
          );
        } else socket.write(`RTSP/1.0 200 OK\r\n${sequence}Session: abc;timeout=2\r\n\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `rtsp://localhost:${typeof address === 'object' && address ? address.port : 0}/live`;
    await using relay = openRelay({ pushTo: [{ address: url, user: 'site', password: resolvedSecret('s3cret') }] });
    await relay.until('listening', () => true, 30_000);
    const lease = makeLease(cameras.get('h264')?.url ?? '');
    await relay.streams.admit(leaseOf(lease), url);
    await until(() => pictures > 10, 15_000);
    expect(asked.slice(0, 4)).toEqual(['ANNOUNCE', 'ANNOUNCE', 'SETUP', 'RECORD']);
    await until(() => alive.length >= 3, 15_000);
    expect(alive.slice(0, 3)).toEqual([false, true, true]);
    await relay.streams.revoke(lease.grant);
    await relay.until('session-closed');
    server.close();
  });

  it('goes nowhere else than the configuration allows, and to nobody with a certificate of his own making', async () => {
    await using receiver = await openReceiver('rtsp', '/live/cam-1');
    await using front = await openTlsFront(receiver.port);
    const base = `rtsps://localhost:${front.port}/live`;
    await using relay = openRelay({ openWithin: '2s', pushTo: [{ address: base }] });
    const stranger = makeLease(cameras.get('h264')?.url ?? '');
    await expect(relay.streams.admit(leaseOf(stranger), 'rtsps://evil.example/live/x')).rejects.toMatchObject({
      code: 'streams.push-not-allowed',
    });
    const lease = makeLease(cameras.get('h264')?.url ?? '');
    await relay.streams.admit(leaseOf(lease), `${base}/cam-1`);
    expect(await relay.until('grant-ended')).toMatchObject({
      grant: lease.grant,
      reason: 'failed',
      note: expect.stringMatching(/certificate/),
    });
    expect(receiver.frames).toBe(0);
  });
});

describe('addresses of pushes', () => {
  it.each([
    ['rtsps://Hub.example:322/live/', 'rtsps://hub.example/live/cam-1', true],
    ['rtsps://hub.example/live', 'rtsps://hub.example/live', true],
    ['rtsps://hub.example/live', 'rtsps://hub.example/lively', false],
    ['rtsps://hub.example/live', 'rtsps://hub.example/live/../secret', false],
    ['rtsps://hub.example/live', 'rtsps://hub.example/live/%2e%2e/secret', false],
    ['rtsps://hub.example/live', 'rtsp://hub.example/live/x', false],
    ['rtsps://hub.example/live', 'rtsps://hub.example.evil/live/x', false],
    ['rtsps://hub.example/live', 'rtsps://user@hub.example/live/x', false],
    ['rtsps://hub.example/live', 'rtsps://hub.example:8322/live/x', false],
    ['rtmp://[2001:db8::1]/app', 'rtmp://[2001:db8::1]:1935/app/x', true],
  ])('%s allows %s: %s', (allowed, asked, expected) => {
    const [below, above] = [parsePushAddress(asked), parsePushAddress(allowed)];
    expect(below !== undefined && above !== undefined && isBelow(below, above)).toBe(expected);
  });

  it('never take what names a user or another scheme', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        expect(parsePushAddress(url)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
    fc.assert(fc.property(fc.string(), (text) => void parsePushAddress(`rtsp://${text}`)));
  });
});
