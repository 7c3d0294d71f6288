// Strangers at the webhook: they take no place that a sender with a token needs, on plain TCP and under TLS.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openTestCertificates } from '../peers/certificates.ts';
import { openRecorder } from './recorder.ts';

const env = systemEnv(openLog('silent'));
const token = '0123456789abcdef-token';
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function start(tls?: object): Promise<number> {
  const sources = [{ id: 'radar', device: 'fall-1', token: resolvedSecret(token), map: 'fall-webhook' }];
  const options = sensorsOptions.parse({ webhook: { listen: { port: 0 }, sources, ...(tls && { tls }) } });
  const sensors = openSensors(options, openRecorder(), env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(() => {
    stop.abort();
    return done;
  });
  return vi.waitFor(() => {
    const port = sensors.webhookAddress()?.port;
    if (port === undefined) throw new Error('not yet');
    return port;
  });
}

/** Connects `count` times from each of `hosts` and says nothing. */
async function crowd(port: number, hosts: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: hosts * count }, (_, index) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (index % hosts)}` });
    socket.on('error', () => {});
    socket.resume();
    return socket;
  });
  stops.push(() => sockets.map((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

async function fall(base: string, id: string, more: string[] = []): Promise<string> {
  const body = JSON.stringify({ id, payload: { status: 'fall confirmed' } });
  const args = ['-sS', '--max-time', '5', '-w', ' %{http_code}', '-H', `Authorization: Bearer ${token}`, '-d', body, ...more];
  return (await promisify(execFile)('curl', [...args, `${base}/webhook/radar`])).stdout;
}

it('a thousand idle strangers from many addresses do not keep a sender out', async () => {
  const port = await start();
  await crowd(port, 8, 125);
  expect(await fall(`http://127.0.0.1:${port}`, 'm1')).toContain('raised');
});

it('idle strangers from the sender’s own address do not either, and have 128 places', async () => {
  const port = await start();
  const strangers = await crowd(port, 1, 200);
  await vi.waitFor(() => expect(strangers.filter((socket) => socket.readableEnded || socket.destroyed)).toHaveLength(72));
  expect(await fall(`http://127.0.0.1:${port}`, 'm1', ['--interface', '127.0.0.2'])).toContain('raised');
});

it('under TLS neither', async () => {
  const certificates = await openTestCertificates();
  stops.push(() => certificates[Symbol.asyncDispose]());
  const { cert, key } = certificates.server;
  const port = await start({ cert, key: resolvedSecret(await readFile(key, 'utf8')) });
  await crowd(port, 8, 125);
  expect(await fall(`https://127.0.0.1:${port}`, 'm1', ['--cacert', certificates.ca])).toContain('raised');
});

it('who says nothing is sent away after some seconds, and who has no token at once', async () => {
  const port = await start();
  const [silent, stranger] = (await crowd(port, 1, 2)) as [Socket, Socket];
  const startedAt = Date.now();
  stranger.write('POST /webhook/radar HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');
  await once(stranger, 'close');
  expect(Date.now() - startedAt).toBeLessThan(2000);
  await once(silent, 'close');
  expect(Date.now() - startedAt).toBeLessThan(8000);
}, 12_000);

it('a sender that was heard is not turned out', async () => {
  const port = await start();
  const socket = connect(port, '127.0.0.1');
  stops.push(() => socket.destroy());
  const body = JSON.stringify({ id: 'm1', payload: { status: 'fall confirmed' } });
  socket.write(
    `POST /webhook/radar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await once(socket, 'data');
  await crowd(port, 8, 125);
  expect(socket.destroyed).toBe(false);
});
