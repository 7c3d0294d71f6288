// A push and the end of its lease: nothing leaves before it is on the record, and nothing after the end, whenever the other side answers.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import type { PushEvents } from '../../src/streams/flv/remuxer.ts';
import { openLeases } from '../../src/streams/leases.ts';
import { openBacklog, type Reader } from '../../src/streams/path/index.ts';
import { openPushes } from '../../src/streams/push/index.ts';
import { pieceOf, rtpPacket } from './pieces.ts';
import { until } from './raw-reader.ts';
import { leaseOf, makeLease } from './site.ts';

const env = systemEnv(openLog('silent'));
const picture = pieceOf(rtpPacket({ sequence: 1, timestamp: 1 }), { isKey: true, startsFrame: true, frames: 1 });

interface Hub extends Disposable {
  readonly url: string;
  readonly socket: Socket | undefined;
  /** What came, in order: methods, and `$` for packets. */
  readonly heard: string[];
  readonly closed: boolean;
  /** Answers RECORD. */
  go(): void;
}

/** An RTSP server that answers RECORD when it is told to. */
async function openHub(): Promise<Hub> {
  const heard: string[] = [];
  let socket: Socket | undefined;
  let closed = false;
  let record = '';
  const server: Server = createServer((opened) => {
    socket = opened;
    opened
      .on('error', () => {})
      .on('close', () => {
        closed = true;
      });
    opened.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      const method = bytes[0] === 0x24 ? '$' : (text.split(' ')[0] ?? '');
      heard.push(method);
      const answer = `RTSP/1.0 200 OK\r\nCSeq: ${/CSeq: (\d+)/.exec(text)?.[1] ?? ''}\r\nSession: a\r\n\r\n`;
      if (method === 'RECORD') record = answer;
      else if (method !== '$') opened.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
    heard,
    get socket() {
      return socket;
    },
    get closed() {
      return closed;
    },
    go: () => void socket?.write(record),
    [Symbol.dispose]() {
      socket?.destroy();
      server.close();
    },
  };
}

/** Pushes with everything real but the camera and the FLV child. `told` is what happened, in order. */
function openSite() {
  const told: string[] = [];
  const leases = openLeases({ maxReaders: 4, allowFrom: [] }, { claimed: () => {}, ended: () => told.push('ended') }, env);
  const backlog = openBacklog(2 ** 28);
  let reader: Reader | undefined;
  const member = {
    describe: async () => ({ ok: true, track: { codec: 'h264', payloadType: 96, control: undefined, parameters: '' } }) as const,
    attach(attached: Reader) {
      told.push('attached');
      reader = attached;
      attached.take(picture);
    },
    leave() {
      reader = undefined;
    },
  };
  let offered: { readonly port: number; readonly events: PushEvents } | undefined;
  const remuxer = {
    use: async () => ({ ok: true, use: { id: 'a', port: 1, over: new Promise<never>(() => {}), [Symbol.dispose]: () => {} } }) as const,
    push(_use: unknown, { url }: { readonly url: string }, events: PushEvents) {
      offered = { port: Number(new URL(url).port), events };
      return { flow: () => void told.push('flows'), [Symbol.dispose]: () => {} };
    },
  };
  const deps = { leases, paths: { join: () => member, backlog }, remuxer, bufferBytes: 2 ** 22, timeoutMs: 5_000 };
  const pushes = openPushes({ ...deps, emit: ({ event }) => told.push(event) }, env);
  return {
    told,
    leases,
    pushes,
    backlog,
    get reader() {
      return reader;
    },
    get offered() {
      return offered;
    },
    start(url: string, remainingMs = 3_600_000) {
      const push = { url, user: '', password: '', ca: undefined };
      const lease = { ...leaseOf(makeLease('rtsp://10.1.2.3/live', { remainingMs })), push };
      leases.admit(lease, undefined);
      pushes.start(lease.grant, undefined);
      return lease.grant;
    },
  };
}

describe('a push over RTSP', () => {
  it('sends nothing when RECORD is answered after the end, and its connection goes with the lease', async () => {
    using hub = await openHub();
    const site = openSite();
    site.start(hub.url, 300);
    await until(() => hub.heard.includes('RECORD'));
    await until(() => site.told.includes('ended'));
    const endedAt = performance.now();
    hub.go();
    await until(() => hub.closed);
    expect(performance.now() - endedAt).toBeLessThan(1_000);
    expect(hub.heard).toEqual(['ANNOUNCE', 'SETUP', 'RECORD']);
    expect(site.told).toEqual(['ended']);
  });

  it('is on the record before its first picture', async () => {
    using hub = await openHub();
    const site = openSite();
    const grant = site.start(hub.url);
    await until(() => hub.heard.includes('RECORD'));
    hub.go();
    await until(() => hub.heard.includes('$'));
    expect(site.told).toEqual(['session-opened', 'attached']);
    site.leases.revoke(grant);
    await until(() => hub.closed);
    expect(site.told.at(-1)).toBe('session-closed');
  });

  it('takes back what its line has not taken by the end', async () => {
    using hub = await openHub();
    const site = openSite();
    const grant = site.start(hub.url);
    await until(() => hub.heard.includes('RECORD'));
    hub.go();
    await until(() => hub.heard.includes('$'));
    hub.socket?.pause();
    const packets = Buffer.concat(
      Array.from({ length: 60 }, (_, sequence) => rtpPacket({ sequence, timestamp: 2, payload: [0x65, ...Buffer.alloc(200)] })),
    );
    for (let count = 0; count < 1_000; count += 1) site.reader?.take(pieceOf(packets, { isKey: true, startsFrame: true, frames: 1 }));
    const sent = site.pushes.list()[0]?.bytes ?? 0;
    site.leases.revoke(grant);
    await sleep(600);
    let late = 0;
    hub.socket?.on('data', (bytes: Buffer) => {
      late += bytes.length;
    });
    hub.socket?.resume();
    await until(() => hub.closed);
    expect(sent).toBeGreaterThan(3 * 2 ** 20);
    expect(late).toBeLessThan(2 ** 20);
  });
});

describe('a push over RTMP', () => {
  const openServer = async () => {
    const open = { bytes: 0, closed: false, socket: undefined as Socket | undefined };
    const server = createServer((socket) => {
      open.socket = socket;
      socket
        .on('error', () => {})
        .on('close', () => {
          open.closed = true;
        });
      socket.on('data', (bytes: Buffer) => {
        open.bytes += bytes.length;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `rtmp://127.0.0.1:${(server.address() as AddressInfo).port}/live/x`;
    return Object.assign(open, { url, [Symbol.dispose]: () => void server.close() });
  };

  it('flows when it is on the record, and never when the other side takes it after the end', async () => {
    using server = await openServer();
    const site = openSite();
    const first = site.start(server.url);
    await until(() => site.offered !== undefined);
    site.offered?.events.taken();
    await until(() => site.told.length > 0);
    expect(site.told).toEqual(['session-opened', 'flows']);
    site.leases.revoke(first);
    await until(() => server.closed);

    server.closed = false;
    site.start(server.url, 300);
    await until(() => site.told.includes('ended'));
    site.offered?.events.taken();
    await until(() => server.closed, 1_000);
    expect(site.told).toEqual(['session-opened', 'flows', 'session-closed', 'ended']);
  });
});
