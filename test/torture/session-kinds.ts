// Short sessions of every kind that a hub opens: looked at for a moment, then left, torn down, cut by the grant's end, or given up halfway.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRawReader, startPlaying, until } from '../streams/raw-reader.ts';
import { readHttpFlv, readWsFlv, type Way } from '../streams/ways.ts';

/** What a session asks of the hub, and what happens with the address; it resolves when the session is over, or is for the hub to end. */
export interface SessionKind {
  readonly name: string;
  readonly asked: Readonly<Record<string, unknown>>;
  /** `end` has the hub close the grant; it is called in any case afterwards. */
  play(address: string, end: () => Promise<void>): Promise<void>;
}

const flvMs = 45_000;
/** Packets of one session over RTSP. */
const fewPackets = 5;

async function overTcp(
  address: string,
  leave: (ask: (method: string) => Promise<unknown>, cut: () => void) => Promise<unknown>,
): Promise<void> {
  using reader = await openRawReader(address);
  const status = await startPlaying(reader, address);
  if (status !== 200) throw new Error(`RTSP ${status}`);
  await until(() => reader.packets.length >= fewPackets, 15_000);
  await leave(
    (method) => reader.ask(method, address),
    () => void reader.socket.destroy(),
  );
  await reader.closed;
}

async function overUdp(address: string, leave: 'teardown' | 'cut'): Promise<void> {
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  using reader = await openRawReader(address);
  try {
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    let packets = 0;
    sockets[0].on('message', () => {
      packets += 1;
    });
    await reader.ask('DESCRIBE', address);
    const ports = sockets.map((socket) => socket.address().port).join('-');
    const { status } = await reader.ask('SETUP', `${address}/trackID=0`, { Transport: `RTP/AVP;unicast;client_port=${ports}` });
    if (status !== 200) throw new Error(`SETUP over UDP ${status}`);
    await reader.ask('PLAY', address);
    await until(() => packets >= fewPackets, 15_000);
    if (leave === 'teardown') await reader.ask('TEARDOWN', address);
    else reader.socket.destroy();
    await reader.closed;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** A reader of FLV that is refused comes again, as while FLV's child starts. */
async function flowing(open: () => Way): Promise<Way> {
  for (const endMs = performance.now() + flvMs; ; await sleep(300)) {
    const way = open();
    const cut = way.cut.then(() => true);
    while (!way.flows && performance.now() < endMs) if (await Promise.race([cut, sleep(20, false)])) break;
    if (way.flows) return way;
    await way[Symbol.asyncDispose]();
    if (performance.now() >= endMs) throw new Error('no FLV in time');
  }
}

async function overFlv(open: () => Way, end?: () => Promise<void>): Promise<void> {
  await using reading = await flowing(open);
  await end?.();
  if (end) await reading.cut;
}

/** Those that are fetched. */
export const fetchedKinds: readonly SessionKind[] = [
  { name: 'RTSP over TCP, torn down', asked: {}, play: (address) => overTcp(address, (ask) => ask('TEARDOWN')) },
  { name: 'RTSP over TCP, cut', asked: {}, play: (address) => overTcp(address, async (_, cut) => cut()) },
  { name: 'RTSP over TCP, until the grant ends', asked: {}, play: (address, end) => overTcp(address, end) },
  { name: 'RTSP over UDP, torn down', asked: {}, play: (address) => overUdp(address, 'teardown') },
  { name: 'RTSP over UDP, cut', asked: {}, play: (address) => overUdp(address, 'cut') },
  { name: 'HTTP-FLV, cut', asked: { protocol: 'http-flv' }, play: (address) => overFlv(() => readHttpFlv(address)) },
  { name: 'WS-FLV, until the grant ends', asked: { protocol: 'ws-flv' }, play: (address, end) => overFlv(() => readWsFlv(address), end) },
  {
    name: 'RTSP, given up after DESCRIBE was asked',
    asked: {},
    async play(address) {
      using reader = await openRawReader(address);
      void reader.ask('DESCRIBE', address);
    },
  },
];

/** An RTSP server that takes whatever is pushed, and the kind of session that pushes to it. */
export async function openPushKind(): Promise<AsyncDisposable & { readonly base: string; readonly kind: SessionKind }> {
  const taken = new Map<string, number>();
  const server = createServer((socket) => {
    let name = '';
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      if (name !== '') taken.set(name, (taken.get(name) ?? 0) + bytes.length);
      const text = bytes.toString('latin1');
      const [, method, url = '', sequence = ''] = /^([A-Z]+) (\S+) RTSP\/1\.0\r\nCSeq: (\d+)/.exec(text) ?? [];
      if (method !== undefined) socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\nSession: abc\r\n\r\n`);
      if (method === 'RECORD') name = url;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  return {
    base,
    kind: {
      name: 'RTSP pushed, until the grant ends',
      asked: { deliver: 'push', to: base },
      play: async (to) => {
        await until(() => (taken.get(to) ?? 0) > 5_000, 20_000);
        taken.delete(to);
      },
    },
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
