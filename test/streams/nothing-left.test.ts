// Short sessions in one process, two hundred in clear and some over TLS: no timer, socket, lease or path of them is left. `npm run torture -- sessions` does the same to a whole gateway.
import { expect, it } from 'vitest';
import { type Clock, openLog, systemClock, systemRandom } from '#base';
import { openRelay } from '../../src/streams/media/relay.ts';
import type { ToGateway } from '../../src/streams/protocol.ts';
import { type KeyPair, openTestCertificates } from '../peers/certificates.ts';
import { fetchedKinds } from '../torture/session-kinds.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, until } from './raw-reader.ts';
import { leaseOf, makeLease, makeToken } from './site.ts';

/** The machine's clock, with a count of the timers that wait. */
function openCountedClock(): Clock & { readonly waiting: number } {
  const waiting = new Set<object>();
  return {
    ...systemClock,
    get waiting() {
      return waiting.size;
    },
    after(ms, act) {
      const mark = {};
      waiting.add(mark);
      const timer = systemClock.after(ms, () => {
        waiting.delete(mark);
        act();
      });
      return {
        [Symbol.dispose]() {
          waiting.delete(mark);
          timer[Symbol.dispose]();
        },
      };
    },
    async sleep(ms, signal) {
      const mark = {};
      waiting.add(mark);
      await systemClock.sleep(ms, signal).finally(() => waiting.delete(mark));
    },
  };
}

function options(tls: KeyPair | undefined) {
  const loopback = { host: '127.0.0.1', port: 0 };
  const times = { closeAfterMs: 100, openTimeoutMs: 5_000, frameTimeoutMs: 5_000 };
  const bounds = { maxReaders: 4, maxConnections: 1_000, readerBufferBytes: 2 ** 22, gopMemoryBytes: 2 ** 26 };
  return { rtsp: loopback, http: loopback, udpPort: 0, allowFrom: [], ffmpeg: '/usr/bin/ffmpeg', ...times, ...bounds, ...(tls && { tls }) };
}

it.each([
  ['rtsp', 200],
  ['rtsps', 60],
] as const)('leaves nothing of short sessions over %s', async (scheme, sessions) => {
  await using certificates = scheme === 'rtsps' ? await openTestCertificates() : undefined;
  await using camera = await openQuirkyCamera({ rate: 100 });
  const clock = openCountedClock();
  const ports: number[] = [];
  const send = (message: ToGateway): void => {
    if (message.type === 'listening' && message.listener === 'rtsp') ports.push(message.address.port);
  };
  const env = { clock, random: systemRandom, log: openLog('silent') };
  await using relay = openRelay(options(certificates?.server), new URL('file:///none'), send, env);
  await until(() => ports.length > 0);
  const kinds = fetchedKinds.filter(({ name, asked }) => asked['protocol'] === undefined && (scheme === 'rtsp' || !name.includes('UDP')));
  const openOne = async (number: number): Promise<void> => {
    const lease = makeLease(camera.url);
    relay.leases.admit(leaseOf(lease), 60_000);
    const end = (): Promise<void> => Promise.resolve(void relay.leases.revoke(lease.grant));
    await kinds[number % kinds.length]?.play(`${scheme}://127.0.0.1:${ports[0]}/s/${lease.token}`, end);
    await end();
  };
  const guess = async (): Promise<void> => {
    const address = `${scheme}://127.0.0.1:${ports[0]}/s/${makeToken().token}`;
    using reader = await openRawReader(address);
    reader.socket.write(`DESCRIBE ${address} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  };
  const openSockets = (): number => process.getActiveResourcesInfo().filter((kind) => /TCPSocketWrap|UDPWrap|TLSWrap/.test(kind)).length;
  const many = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 10)
      await Promise.all([guess(), ...Array.from({ length: 10 }, (_, at) => openOne(number + at))]);
  };
  const isQuiet = (): boolean => relay.paths.list().every(({ state }) => state === 'idle');
  await many(kinds.length * 2);
  await until(() => isQuiet() && clock.waiting === 0, 5_000);
  const before = openSockets();
  await many(sessions);
  await until(() => isQuiet() && clock.waiting === 0 && openSockets() <= before, 5_000);
  expect([relay.leases.size, relay.sessions.list()]).toEqual([0, []]);
});
