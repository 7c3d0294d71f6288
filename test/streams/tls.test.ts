// Both listeners with a certificate: RTSPS read by ffmpeg, a still over HTTPS by curl.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeTracks, startReading } from '../peers/ffmpeg-reader.ts';
import { openGstCamera } from '../peers/rtsp-camera.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const run = promisify(execFile);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-tls-'));
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-days', '2', ...files]);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the relay with a certificate', () => {
  it('speaks RTSPS and HTTPS', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay({ tls: { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') } });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    expect(url).toMatch(/^rtsps:/);
    expect(await probeTracks(url)).toEqual(['video h264']);
    expect(await startReading(url, 50).done).toMatchObject({ frames: 50, complaints: '' });

    const flv = makeLease(camera.url, { protocol: 'http-flv' });
    await relay.streams.admit(leaseOf(flv));
    const flvUrl = relay.streams.address('stream', flv.token, 'http-flv');
    expect(flvUrl).toMatch(/^https:/);
    expect(await startReading(flvUrl, 50).done).toMatchObject({ frames: 50 });

    const still = makeLease('http://127.0.0.1:1/snap.jpg', { form: 'still' });
    await relay.streams.admit(leaseOf(still));
    const { stdout } = await run('curl', ['-sk', '-w', '%{http_code}', relay.streams.address('still', still.token)]);
    expect(stdout).toMatch(/cannot be reached.*502$/s);
  });

  it('gives no place for good to who connects and shakes no hands', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay({ maxConnections: 16, tls: { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') } });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    const idle = Array.from({ length: 20 }, () => connect({ host: '127.0.0.1', port: Number(new URL(url).port) }).on('error', () => {}));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect(await startReading(url, 50).done).toMatchObject({ frames: 50 });
    for (const socket of idle) socket.destroy();
  });

  it('says so when the certificate cannot be read', async () => {
    await using relay = openRelay({ tls: { cert: join(folder, 'none.pem'), key: join(folder, 'key.pem') } });
    const { reason } = await relay.until('cannot-listen');
    expect(reason).toMatch(/ENOENT/);
  });
});
