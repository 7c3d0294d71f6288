// The cut: what a reader has not been sent by the end of his lease he does not get after it, neither from this process nor from the kernel.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openFlvPump } from '../../src/streams/flv/index.ts';
import { openBacklog, openShare } from '../../src/streams/path/index.ts';
import { makeWebServer } from '../../src/streams/web/index.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const env = systemEnv(openLog('silent'));
let folder = '';
let tls: { readonly cert: string; readonly key: string };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bongsu-cut-'));
  tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', tls.key, '-out', tls.cert], { stdio: 'ignore' });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a reader that stops reading before the end', () => {
  it.each([false, true])('gets no more after it than his own machine holds (TLS: %s)', async (isTls) => {
    await using camera = await openQuirkyCamera({ packetBytes: 60_000 });
    await using relay = openRelay(isTls ? { tls } : {});
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => reader.bytes > 0);
    reader.socket.pause();
    const read = reader.bytes;
    const sent = async (): Promise<number> => (await relay.streams.status()).sessions[0]?.bytes ?? 0;
    const endMs = performance.now() + 10_000;
    while ((await sent()) < read + 5 * 2 ** 20 && performance.now() < endMs) await sleep(100);
    expect((await sent()) - read).toBeGreaterThan(5 * 2 ** 20);
    await relay.streams.revoke(lease.grant);
    await relay.until('session-closed');
    await sleep(200);
    reader.socket.resume();
    await reader.closed;
    expect(reader.bytes - read).toBeLessThan(2 ** 20);
  });

  it.each([false, true])('gets no more over HTTP either (TLS: %s)', async (isTls) => {
    const cuts: (() => void)[] = [];
    const flv = async (_request: unknown, response: ServerResponse, guest: { cut(): void }): Promise<void> => {
      response.write(Buffer.alloc(16 * 2 ** 20, 7));
      cuts.push(guest.cut);
    };
    const server = makeWebServer(isTls ? tls : undefined, { still: async () => {}, flv, socket: async () => {} }, env);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `${isTls ? 'rtsps' : 'rtsp'}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    using reader = await openRawReader(url);
    reader.socket.pause();
    reader.socket.write('GET /s/x HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => cuts.length > 0);
    await sleep(300);
    cuts[0]?.();
    await sleep(100);
    reader.socket.resume();
    await reader.closed;
    expect(reader.bytes).toBeLessThan(2 * 2 ** 20);
    server.close();
  });
});

describe('what waits for lines that are not of RTSP', () => {
  it('counts with all that waits, and who has much of it loses pictures when there is too much', () => {
    const backlog = openBacklog(1_000);
    const [little, much] = [openShare(backlog, 800), openShare(backlog, 800)];
    little.weigh(90);
    much.weigh(700);
    expect([little.isBehind, much.isBehind, backlog.bytes]).toEqual([false, false, 790]);
    backlog.change(400);
    expect([little.isBehind, much.isBehind]).toEqual([false, true]);
    much.leave();
    much.weigh(5_000);
    expect([much.isBehind, backlog.bytes]).toEqual([false, 490]);
    little.weigh(801);
    expect(little.isBehind).toBe(true);
  });

  it('counts for FLV', async () => {
    const tag = Buffer.alloc(11 + 1_000 + 4);
    tag[0] = 9;
    tag.writeUIntBE(1_000, 1, 3);
    tag.set([0x17, 1], 11);
    tag.writeUInt32BE(900, 16);
    tag[20] = 0x65;
    let flow: ServerResponse | undefined;
    const child = createServer((_request, response) => {
      response.write(Buffer.from('464c5601050000000900000000', 'hex'));
      flow = response;
    });
    child.listen(0, '127.0.0.1');
    await once(child, 'listening');
    const backlog = openBacklog(1_000);
    let waitingBytes = 0;
    const line = {
      write: (bytes: Buffer) => {
        waitingBytes += bytes.length;
      },
      get waitingBytes() {
        return waitingBytes;
      },
    };
    const address = { port: (child.address() as AddressInfo).port, id: 'a' };
    const pump = openFlvPump({ address, bufferBytes: 4_000, backlog }, line, () => {}, env.clock);
    await until(() => flow !== undefined);
    for (let time = 0; time < 8; time += 1) {
      tag.writeUIntBE(time * 40, 4, 3);
      flow?.write(Buffer.from(tag));
    }
    await until(() => pump.counts.dropped > 3);
    expect(waitingBytes).toBeLessThan(2_200);
    expect(backlog.bytes).toBe(waitingBytes);
    pump[Symbol.dispose]();
    expect(backlog.bytes).toBe(0);
    child.closeAllConnections();
    child.close();
  });
});
