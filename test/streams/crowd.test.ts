// Crowds at the doors: whoever only stands there takes nobody's place who has a token.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { guardDefaults, type Hall, makeRtspServer, openGuard } from '../../src/streams/server/index.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, makeToken, openRelay } from './site.ts';

/** Idle connections from 127.0.0.`host`. */
async function crowd(url: string, count: number, host = 1): Promise<Disposable & { readonly sockets: readonly Socket[] }> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let number = 0; number < count; number += 1) {
    const socket = connect({ host: hostname, port: Number(port), localAddress: `127.0.0.${host}` });
    socket.on('error', () => {}).resume();
    sockets.push(socket);
    await once(socket, 'connect');
  }
  return {
    sockets,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const hall: Hall = { visit: () => undefined, gone: () => {}, isPlaying: () => false };

function openServer(visit: Hall['visit'] = hall.visit) {
  const clock = openFakeClock(1_700_000_000_000);
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const options = { maxConnections: 100, tls: undefined, idleMs: 30_000, readerBufferBytes: 4 * 2 ** 20 };
  return { clock, server: makeRtspServer(options, { ...hall, visit }, openGuard(guardDefaults, env), env) };
}

describe('a crowd without a token', () => {
  it('from one address takes a part of the places alone, the oldest going for the newest', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ maxConnections: 40 });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using idle = await crowd(url, 60);
    await until(() => idle.sockets.filter((socket) => !socket.closed).length <= 16);
    expect(idle.sockets.map((socket) => socket.closed)).toEqual(Array.from({ length: 60 }, (_, index) => index < 44));
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
  });

  it('from many addresses has to make room for who has one, and cannot push him out', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ maxConnections: 40 });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using _first = await crowd(url, 16, 2);
    using _second = await crowd(url, 16, 3);
    using _third = await crowd(url, 16, 4);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    using _fourth = await crowd(url, 16, 5);
    using _fifth = await crowd(url, 16, 6);
    using _sixth = await crowd(url, 16, 7);
    const seen = reader.packets.length;
    await until(() => reader.packets.length > seen + 20);
  });

  it('does not stop stills either', async () => {
    const camera = createServer((_, response) => response.end(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xd9])));
    camera.listen(0, '127.0.0.1');
    await once(camera, 'listening');
    await using relay = openRelay();
    const lease = makeLease(`http://127.0.0.1:${(camera.address() as AddressInfo).port}/snap`, { form: 'still' });
    await relay.streams.admit(leaseOf(lease));
    const address = relay.streams.address('still', lease.token);
    const crowds = await Promise.all([2, 3, 4, 5].map((host) => crowd(address, 16, host)));
    expect((await fetch(address)).status).toBe(200);
    for (const one of crowds) one[Symbol.dispose]();
    camera.close();
  });

  it('has ten seconds to show one, whatever it asks meanwhile', async () => {
    const { clock, server } = openServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/s/x`;
    using idle = await crowd(url, 1);
    using busy = await openRawReader(url);
    for (let second = 0; second < 7; second += 1) {
      expect((await busy.ask('OPTIONS', '*')).status).toBe(200);
      clock.advance(1_000);
    }
    expect(idle.sockets[0]?.closed).toBe(false);
    clock.advance(3_500);
    await busy.closed;
    await until(() => idle.sockets[0]?.closed === true);
    server.close();
  });
});

describe('one token', () => {
  it('takes no more places than its lease has, however many connections show it', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ maxConnections: 40 });
    const [routine, urgent] = [makeLease(camera.url), makeLease(camera.url)];
    for (const lease of [routine, urgent]) await relay.streams.admit(leaseOf(lease));
    const [many, one] = [routine, urgent].map(({ token }) => relay.streams.address('stream', token)) as [string, string];
    using reader = await openRawReader(one);
    expect(await startPlaying(reader, one)).toBe(200);
    using stack = new DisposableStack();
    for (let number = 0; number < 60; number += 1) {
      const other = stack.use(await openRawReader(many));
      expect((await other.ask('GET_PARAMETER', many)).status).toBe(200);
    }
    const seen = reader.packets.length;
    using late = await openRawReader(one);
    expect(await startPlaying(late, one)).toBe(200);
    await until(() => reader.packets.length > seen + 10);
  });
});

describe('who asks too much', () => {
  const openDoor = async (visit: Hall['visit']) => {
    const { clock, server } = openServer(visit);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/s/${makeToken().token}`;
    return { clock, url, [Symbol.dispose]: () => void server.close() };
  };
  const no = (): Promise<never> => Promise.reject(new Error('no'));
  const guest = { enter: () => true, hasCamera: true, describe: no, setUp: no, mayPlay: () => true, play: () => {}, pause: () => {} };

  it('without a token is closed at the ninth request, and after 64 KiB of line ends', async () => {
    using door = await openDoor(() => undefined);
    using asking = await openRawReader(door.url);
    const answers = [];
    for (let count = 0; count < 9; count += 1) answers.push((await asking.ask('OPTIONS', '*')).status);
    expect(answers).toEqual([...Array.from({ length: 8 }, () => 200), 0]);
    using saying = await openRawReader(door.url);
    saying.socket.write(Buffer.alloc(70_000, '\r\n'));
    await saying.closed;
  });

  it('with one is closed when a second brings more than players ask', async () => {
    using door = await openDoor(() => guest);
    using reader = await openRawReader(door.url);
    const ask = async (count: number): Promise<number> => {
      let answered = 0;
      while (answered < count && (await reader.ask('GET_PARAMETER', door.url)).status === 200) answered += 1;
      return answered;
    };
    expect(await ask(60)).toBe(60);
    door.clock.advance(2_000);
    expect(await ask(100)).toBeLessThan(50);
    await reader.closed;
  });

  it('is told when pictures began too often on his lease', async () => {
    const setUp: typeof guest.setUp = () => Promise.resolve({ kind: 'tcp', channels: { rtp: 0, rtcp: 1 } }) as Promise<never>;
    using door = await openDoor(() => ({ ...guest, setUp, mayPlay: () => false }));
    using reader = await openRawReader(door.url);
    const { status, text } = await reader.ask('SETUP', door.url, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' });
    expect(status).toBe(200);
    const session = /session: ([^;\r]+)/i.exec(text)?.[1] ?? '';
    expect((await reader.ask('PLAY', door.url, { Session: session })).status).toBe(503);
    await reader.closed;
  });
});

describe('a reader that does not read', () => {
  it.each([
    ['without a token', 'OPTIONS', 8],
    ['with one', 'GET_PARAMETER', 64],
  ])('%s is closed before its answers fill the memory', async (_, method, most) => {
    const no = (): Promise<never> => Promise.reject(new Error('no'));
    const visit = { enter: () => true, hasCamera: true, describe: no, setUp: no, mayPlay: () => true, play: () => {}, pause: () => {} };
    const { server } = openServer(() => visit);
    const stuck = new Duplex({ read() {}, write() {}, writableHighWaterMark: 16_384 });
    const resetAndDestroy = (): void => void stuck.destroy();
    const socket = Object.assign(stuck, {
      setNoDelay() {},
      setKeepAlive() {},
      resetAndDestroy,
      remoteAddress: '10.0.0.9',
      remotePort: 4000,
    });
    server.emit('connection', socket);
    const request = Buffer.from(`${method} rtsp://h/s/${makeToken().token} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
    let asked = 0;
    for (; !socket.destroyed && asked < 20_000; asked += 1) {
      socket.push(request);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(socket.destroyed).toBe(true);
    expect(socket.writableLength).toBeLessThan(80 * 1024);
    expect(asked).toBeGreaterThanOrEqual(most);
    expect(asked).toBeLessThan(most + 4);
  });
});

describe('a reader that goes', () => {
  it('while his wrong token waits for its answer leaves nothing behind', async () => {
    const { clock, server } = openServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/s/${makeToken().token}`;
    const reader = await openRawReader(url);
    void reader.ask('DESCRIBE', url);
    // The time that a connection has, the crowd's patience, and the wait of the wrong token.
    await until(() => clock.pending === 3);
    reader.socket.destroy();
    await until(() => clock.pending === 1);
    clock.advance(1_500);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.pending).toBe(0);
    server.close();
  });
});

describe('an address that is shut out for guessing', () => {
  it('keeps its running session, and may open another with a right token', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay();
    const [running, fresh] = [makeLease(camera.url), makeLease(camera.url)];
    for (const lease of [running, fresh]) await relay.streams.admit(leaseOf(lease));
    const still = makeLease('http://127.0.0.1:1/snap', { form: 'still' });
    await relay.streams.admit(leaseOf(still));
    const [url, other] = [running, fresh].map(({ token }) => relay.streams.address('stream', token)) as [string, string];
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    const guess = async (): Promise<number> => {
      const wrong = relay.streams.address('stream', makeToken().token);
      using guesser = await openRawReader(wrong);
      return (await guesser.ask('DESCRIBE', wrong)).status;
    };
    expect(new Set(await Promise.all(Array.from({ length: 20 }, guess)))).toEqual(new Set([404]));
    expect(await guess()).toBe(0);
    await expect(fetch(relay.streams.address('still', makeToken().token))).rejects.toThrow();

    const seen = reader.packets.length;
    await until(() => reader.packets.length > seen + 10);
    expect((await reader.ask('GET_PARAMETER', url)).status).toBe(200);
    using second = await openRawReader(other);
    expect(await startPlaying(second, other)).toBe(200);
    expect((await fetch(relay.streams.address('still', still.token))).status).toBe(502);
  });
});
