// Who may not come in: a token from another network, and a crowd that guesses while pictures flow.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworks } from '../../src/streams/networks.ts';
import { openQuirkyCamera, type QuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, makeToken, openRelay, type Relay } from './site.ts';

let camera: QuirkyCamera;
let relay: Relay;

beforeAll(async () => {
  camera = await openQuirkyCamera();
  relay = openRelay();
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await camera[Symbol.asyncDispose]();
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

  it('for another protocol opens nothing here', async () => {
    const lease = makeLease(camera.url, { protocol: 'http-flv' });
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(404);
  });
});

describe('1,000 wrong tokens a second', () => {
  it('take no packet from a running stream, and the media process stays small', async () => {
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => reader.packets.length > 20);
    const { host } = new URL(url);
    const [hostname, port] = host.split(':');
    const before = (await relay.streams.status()).media.rssBytes;
    const from = reader.packets.length;
    for (let slice = 0; slice < 40; slice += 1) {
      for (let count = 0; count < 50; count += 1) {
        const socket = connect({ host: hostname ?? '', port: Number(port) }).on('error', () => {});
        socket.end(`DESCRIBE rtsp://${host}/s/${makeToken().token} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
        setTimeout(() => socket.destroy(), 300);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until(() => reader.packets.length > from + 60);
    const steps = reader.packets.slice(1).map(({ frame }, index) => frame - (reader.packets[index]?.frame ?? 0));
    expect(steps.filter((step) => step !== 1)).toEqual([]);
    const { media, sessions } = await relay.streams.status();
    expect(media.restarts).toBe(0);
    expect(media.rssBytes - before).toBeLessThan(60 * 2 ** 20);
    expect(sessions.find(({ grant }) => grant === lease.grant)?.dropped).toBe(0);
  });
});
