// Strangers at the webhook: they take no place that a sender with a token needs, on plain TCP and under TLS.
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { openLog, resolvedSecret, systemEnv } from '#base';
import { openSensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { networkOf, openCrowd } from '../../src/sensors/wire/crowd.ts';
import { openTestCertificates } from '../peers/certificates.ts';
import { openRecorder } from './recorder.ts';

const env = systemEnv(openLog('silent'));
const token = '0123456789abcdef-token';
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function start(tls?: object): Promise<number> {
  const sources = [
    { id: 'radar', device: 'fall-1', token: resolvedSecret(token), map: 'fall-webhook' },
    { id: 'signed', device: 'fall-2', hmac: { secret: resolvedSecret(token) }, map: 'fall-webhook' },
  ];
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

/** Begins `count` signed bodies from each of `hosts` and ends none. */
async function halves(port: number, hosts: number, count: number): Promise<Socket[]> {
  const sockets = await crowd(port, hosts, count);
  for (const socket of sockets) socket.write('POST /webhook/signed HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{');
  return sockets;
}

/** As `fall`, signed. */
async function signedFall(port: number, id: string, from: string): Promise<string> {
  const body = JSON.stringify({ id, payload: { status: 'fall confirmed' } });
  const mac = createHmac('sha256', token).update(body).digest('hex');
  const args = ['-sS', '--max-time', '5', '-w', ' %{http_code}', '-H', `X-Signature-256: ${mac}`, '-d', body, '--interface', from];
  return (await promisify(execFile)('curl', [...args, `http://127.0.0.1:${port}/webhook/signed`])).stdout;
}

it('bodies that nobody ends keep no sender out, whether it signs or has a token, and whoever begins them is answered', async () => {
  const port = await start();
  const strangers = await halves(port, 4, 64);
  const busy = once(strangers[0] ?? expect.fail(), 'end');
  for (const count of [1, 2, 3, 4]) {
    expect(await signedFall(port, `s${count}`, '127.0.0.1')).toContain('200');
    expect(await fall(`http://127.0.0.1:${port}`, `m${count}`)).toContain('200');
  }
  await busy;
});

it('nor do those of the sender’s own address once it was heard', async () => {
  const port = await start();
  expect(await signedFall(port, 'first', '127.0.0.2')).toContain('200');
  await halves(port, 1, 100);
  const all = await Promise.all(Array.from({ length: 10 }, (_, count) => signedFall(port, `s${count}`, '127.0.0.2')));
  expect(all.filter((answer) => answer.includes('200'))).toHaveLength(10);
});

it('a body of a stranger gets two seconds', async () => {
  const port = await start();
  const startedAt = Date.now();
  const [slow] = await halves(port, 1, 1);
  await once(slow ?? expect.fail(), 'close');
  expect(Date.now() - startedAt).toBeGreaterThan(1900);
  expect(Date.now() - startedAt).toBeLessThan(4500);
});

it('a network is an IPv4 address, or 64 bits of IPv6', () => {
  const cases = ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '2001:db8:0:0:1:2:3:4', '2001:db8:0:1::1', 'fe80::1%eth0', '::1', ''];
  expect(cases.map(networkOf)).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    '2001:db8:0:0::/64',
    '2001:db8:0:0::/64',
    '2001:db8:0:1::/64',
    'fe80:0:0:0::/64',
    '0:0:0:0::/64',
    '',
  ]);
});

it('a crowd turns out its own oldest, and the oldest of the largest', () => {
  const out: string[] = [];
  const crowdOf = openCrowd({ all: () => 4, each: 3 });
  const enter = (name: string) => crowdOf.enter(name.slice(0, 1), () => out.push(name));
  const [leave] = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map(enter);
  expect(out).toEqual(['a1', 'a2', 'a3']);
  leave?.();
  enter('d1');
  expect(out).toEqual(['a1', 'a2', 'a3', 'b1']);
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
