// Who may not come in: a token from another network, and a crowd that guesses while pictures flow.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworks } from '../../src/streams/networks.ts';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { openQuirkyCamera, type QuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay, type Relay } from './site.ts';

const run = promisify(execFile);
const guesserEntry = fileURLToPath(new URL('./guesser.ts', import.meta.url));

let camera: QuirkyCamera;
let certificates: TestCertificates;
let relay: Relay;

beforeAll(async () => {
  camera = await openQuirkyCamera();
  certificates = await openTestCertificates();
  relay = openRelay();
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await camera[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

describe('networks', () => {
  it.each([
    [[], '198.51.100.7', true],
    [['10.1.0.0/16'], '10.1.255.3', true],
    [['10.1.0.0/16'], '::ffff:10.1.2.3', true],
    [['10.1.0.0/16'], '10.2.0.1', false],
    [['10.1.0.0/16', '2001:db8::/32'], '2001:db8:5::1', true],
    [['2001:db8::/32'], 'fe80::1%eth0', false],
    [['0.0.0.0/0'], '2001:db8::1', false],
  ] as const)('%j and %s: %s', (networks, address, expected) => {
    expect(openNetworks(networks)(address)).toBe(expected);
  });
});

describe('a token', () => {
  it('that was stolen opens nothing from another network than the one that it was given to', async () => {
    const stolen = makeLease(camera.url, { network: '192.0.2.0/24' });
    const own = makeLease(camera.url, { network: '127.0.0.0/8' });
    for (const lease of [stolen, own]) await relay.streams.admit(leaseOf(lease));
    using thief = await openRawReader(relay.streams.address('stream', stolen.token));
    expect(await startPlaying(thief, relay.streams.address('stream', stolen.token))).toBe(404);
    using guest = await openRawReader(relay.streams.address('stream', own.token));
    expect(await startPlaying(guest, relay.streams.address('stream', own.token))).toBe(200);
  });

  it.each(['http-flv', 'ws-flv', 'still'] as const)('that was stolen opens no %s either', async (way) => {
    const form = way === 'still' ? 'still' : 'stream';
    const protocol = way === 'still' ? {} : { protocol: way };
    const address = async (network: string): Promise<string> => {
      const lease = makeLease(way === 'still' ? 'http://127.0.0.1:1/snap' : camera.url, { form, network, ...protocol });
      await relay.streams.admit(leaseOf(lease));
      return relay.streams.address(form, lease.token, protocol.protocol).replace(/^ws/, 'http');
    };
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': `${'A'.repeat(22)}==`,
    };
    const ask = (url: string): Promise<number | undefined> =>
      new Promise((resolve) => {
        const request = get(url, { headers: way === 'ws-flv' ? handshake : {} });
        const answered = ({ statusCode }: IncomingMessage): void => {
          request.destroy();
          resolve(statusCode);
        };
        request
          .on('response', answered)
          .on('upgrade', answered)
          .on('error', () => resolve(0));
      });
    expect(await ask(await address('192.0.2.0/24'))).toBe(404);
    // The still's camera is not there: that is another answer.
    expect(await ask(await address('127.0.0.0/8'))).toBe({ 'http-flv': 200, 'ws-flv': 101, still: 502 }[way]);
  });

  it('for another protocol opens nothing here', async () => {
    const lease = makeLease(camera.url, { protocol: 'http-flv' });
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(404);
  });
});

/** CPU of a process so far, milliseconds. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

describe('1,000 wrong tokens a second', () => {
  it.each([
    ['RTSP', 'rtsp', false],
    ['RTSPS', 'rtsp', true],
    ['HTTPS', 'http-flv', true],
  ] as const)('over %s take no packet from a running stream, and the media process stays small', async (_, protocol, isTls) => {
    await using relay = openRelay(isTls ? { tls: certificates.server } : {});
    for (const listener of ['rtsp', 'http'] as const) await relay.until('listening', (event) => event.listener === listener);
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => reader.packets.length > 20);
    const { pid = 0, rssBytes } = (await relay.streams.status()).media;
    const [before, from, startedAt] = [cpuMs(pid), reader.packets.length, performance.now()];
    const guesser = await run(process.execPath, [guesserEntry, relay.streams.address('stream', 'wrong', protocol), '2000', '2']);
    const { guessed } = JSON.parse(guesser.stdout) as { guessed: number };
    const wallMs = performance.now() - startedAt;
    expect(guessed).toBe(2_000);
    expect((cpuMs(pid) - before) / wallMs).toBeLessThan(0.42);
    await until(() => reader.packets.length > from + 60);
    const steps = reader.packets.slice(1).map(({ frame }, index) => frame - (reader.packets[index]?.frame ?? 0));
    expect(steps.filter((step) => step !== 1)).toEqual([]);
    const { media, sessions } = await relay.streams.status();
    expect(media.restarts).toBe(0);
    expect((media.rssBytes - rssBytes) / 2 ** 20).toBeLessThan(60);
    expect(sessions.find(({ grant }) => grant === lease.grant)?.dropped).toBe(0);
  });
});
