import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type Answer, openTransport } from '../../src/cameras/soap/transport.ts';
import { openTrust, type Trust } from '../../src/cameras/soap/trust.ts';
import { openTestCertificates } from '../peers/certificates.ts';
import { env } from './fake-deps.ts';

const signal = new AbortController().signal;
const answerOf = (body: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

/** A peer that says what `behave` writes for each request; connections are counted. */
async function openPeer(behave: (socket: Socket, request: number, connection: number) => void, server: Server = createServer()) {
  let connections = 0;
  let requests = 0;
  const sockets = new Set<Socket>();
  const secured = 'setSecureContext' in server;
  server.on(secured ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      requests += 1;
      behave(socket, requests, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${secured ? 'https' : 'http'}://127.0.0.1:${port}/onvif`),
    connections: () => connections,
    requests: () => requests,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function open(trust: Trust = openTrust()) {
  const transport = openTransport(trust, env);
  interface Limits {
    readonly answerMs?: number;
    readonly wholeMs?: number;
    readonly maxBytes?: number;
    readonly lane?: 'calls' | 'pulls';
  }
  const asking = (url: URL, { answerMs = 1000, wholeMs = 1000, maxBytes = 1e6 }: Limits) => ({
    url,
    write: () => ({ headers: {}, body: '<q/>' }),
    connectMs: 1000,
    answerMs,
    wholeMs,
    maxBytes,
  });
  return {
    ask: (url: URL, limits: Limits = {}) => transport.exchange(limits.lane ?? 'calls', asking(url, limits), signal),
    /** What is told of the end; and what gives it up, undefined where the lane is busy. */
    post(url: URL) {
      const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
      return { told: promise, waiting: transport.post('calls', asking(url, {}), { answered: resolve }) };
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/** The longest that a timer of 1 ms waited while `act` ran, as far as this thread itself was at work: others use this machine too. */
async function longestTurn(act: () => Promise<void>): Promise<number> {
  let worst = 0;
  let [wall, cpu] = [performance.now(), process.threadCpuUsage()];
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(cpu);
    worst = Math.max(worst, Math.min(performance.now() - wall, (user + system) / 1000));
    [wall, cpu] = [performance.now(), process.threadCpuUsage()];
  };
  const timer = setInterval(look, 1);
  await act();
  clearInterval(timer);
  look();
  return worst;
}

describe('the transport', () => {
  it('keeps one connection for each lane', async () => {
    using peer = await openPeer((socket) => void socket.write(answerOf('<a/>')));
    using transport = open();
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await transport.ask(peer.url)).toMatchObject({ status: 200, document: { ok: true } });
      expect(await transport.ask(peer.url, { lane: 'pulls' })).toMatchObject({ status: 200 });
    }
    expect(peer.connections()).toBe(2);
  });

  it('lets calls of one lane take turns, whoever fails', async () => {
    let atOnce = 0;
    using peer = await openPeer((socket, request) => {
      atOnce += 1;
      setTimeout(() => {
        atOnce -= 1;
        if (request === 2) socket.destroy();
        else socket.write(answerOf(`<a>${atOnce}</a>`));
      }, 20);
    });
    using transport = open();
    const answers = await Promise.all(Array.from({ length: 4 }, () => transport.ask(peer.url)));
    const texts = answers.map((answer) => (answer.result === 'answer' && answer.document.ok ? answer.document.root.text : answer.result));
    // The second request is lost with a kept connection on which nothing came back: it is made once more.
    expect(texts).toEqual(['0', '0', '0', '0']);
    expect(peer.requests()).toBe(5);
  });

  it('tells whoever waits without a promise of the answer, of a dead kept connection, and of nothing that was given up', async () => {
    using peer = await openPeer((socket, request) => {
      if (request === 2) socket.destroy();
      else if (request !== 3) socket.write(answerOf('<a/>'));
    });
    using transport = open();
    expect(await transport.post(peer.url).told).toMatchObject({ result: 'answer', status: 200 });
    expect(await transport.post(peer.url).told).toBeUndefined();
    const silent = transport.post(peer.url);
    const told: unknown[] = [];
    void silent.told.then((answer) => told.push(answer));
    expect(transport.post(peer.url).waiting).toBeUndefined();
    await expect.poll(() => peer.requests()).toBe(3);
    const next = transport.ask(peer.url);
    silent.waiting?.[Symbol.dispose]();
    expect(await next).toMatchObject({ result: 'answer', status: 200 });
    expect(told).toEqual([]);
    expect(peer.requests()).toBe(4);
  });

  it('asks once more, and only once, when a kept connection is dead', async () => {
    using peer = await openPeer((socket, request) => (request === 1 ? socket.write(answerOf('<a/>')) : socket.destroy()));
    using transport = open();
    await transport.ask(peer.url);
    expect(await transport.ask(peer.url)).toMatchObject({ result: 'failed', failure: { kind: 'closed' } });
    expect(peer.requests()).toBe(3);
  });

  it('asks nothing twice when a byte came back', async () => {
    using peer = await openPeer((socket, request) => (request === 1 ? socket.write(answerOf('<a/>')) : socket.end('HTTP/1.1 200 OK\r\n')));
    using transport = open();
    await transport.ask(peer.url);
    expect(await transport.ask(peer.url)).toMatchObject({ failure: { kind: 'closed' } });
    expect(peer.requests()).toBe(2);
  });

  it.each([
    ['a length that is too long', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<a/>')],
    ['a length that is too short', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>\r\n\r\n')],
    ['no length', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n<a/>')],
    ['no length and no end', (socket: Socket) => socket.write('HTTP/1.0 200 OK\r\n\r\n<a/>')],
    [
      'a reset behind it',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>', () => socket.resetAndDestroy()),
    ],
  ])('has the answer of a camera with %s', async (_, behave) => {
    using peer = await openPeer(behave);
    using transport = open();
    for (const _turn of [1, 2])
      expect(await transport.ask(peer.url, { wholeMs: 3000 })).toMatchObject({ result: 'answer', document: { ok: true } });
    expect(peer.connections()).toBe(2);
  });

  it.each([
    ['never answers', () => {}, 'silent', 'answer, 400 ms'],
    ['stops in its answer', (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n'), 'silent', 'body, 1000 ms'],
    [
      'drips',
      (socket: Socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n<a>');
        const timer = setInterval(() => socket.write('<b/>') || clearInterval(timer), 20);
        socket.on('close', () => clearInterval(timer));
      },
      'silent',
      'body, 1000 ms',
    ],
    ['says too much', (socket: Socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n<a>${'text'.repeat(300_000)}`), 'too-large', ''],
    [
      'sends 1 MB of headers',
      (socket: Socket) => void socket.write(`HTTP/1.1 200 OK\r\n${'X: yz\r\n'.repeat(150_000)}`),
      'garbage',
      'headers',
    ],
    ['speaks something else', (socket: Socket) => void socket.write('220 ftp ready\r\n'), 'garbage', 'status line'],
  ])('gives up a camera that %s', async (_, behave, kind, detail) => {
    using peer = await openPeer(behave);
    using transport = open();
    const answer = await transport.ask(peer.url, { answerMs: 400, wholeMs: 1000 });
    expect(answer).toMatchObject({ result: 'failed', failure: { kind } });
    if (answer.result === 'failed') expect(answer.failure.detail.en).toContain(detail);
  });

  it('refuses to wait behind too many', async () => {
    using peer = await openPeer(() => {});
    using transport = open();
    const answers = await Promise.all(Array.from({ length: 18 }, () => transport.ask(peer.url, { answerMs: 5 })));
    expect(answers.at(-1)).toMatchObject({ failure: { kind: 'silent', detail: { en: expect.stringContaining('already wait') } } });
  });

  it('gives the loop back while a large answer comes', async () => {
    using peer = await openPeer((socket) => void socket.end(answerOf(`<a>${'<b c="d">text</b>'.repeat(25_000)}</a>`)));
    using transport = open();
    // The compiler's own work is in the first.
    const worst = Math.min(await longestTurn(ask), await longestTurn(ask), await longestTurn(ask));
    async function ask(): Promise<void> {
      expect(await transport.ask(peer.url)).toMatchObject({ document: { ok: true } });
    }
    expect(worst).toBeLessThan(50);
  });
});

describe('HTTPS', () => {
  const secure = async (behave: (socket: Socket) => void) => {
    await using certificates = await openTestCertificates();
    const [cert, key] = [await readFile(certificates.server.cert), await readFile(certificates.server.key)];
    return openPeer(behave, createTlsServer({ cert, key }));
  };
  it('trusts the certificate that a camera first had, and no other', async () => {
    using peer = await secure((socket) => void socket.write(answerOf('<a/>')));
    const trust = openTrust();
    using transport = open(trust);
    expect(await transport.ask(peer.url)).toMatchObject({ result: 'answer', document: { ok: true } });
    expect(trust.seen?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const other = openTrust();
    other.pin('00:11');
    using wary = open(other);
    expect(await wary.ask(peer.url)).toMatchObject({ result: 'failed', failure: { kind: 'certificate' } });
    // Nothing was sent to whom is not trusted.
    expect(peer.requests()).toBe(1);
  });

  it('says that a camera speaks no HTTPS', async () => {
    using peer = await openPeer((socket) => void socket.end('HTTP/1.1 400 Bad\r\n\r\n'));
    using transport = open();
    const answer = await transport.ask(new URL(peer.url.href.replace('http:', 'https:')));
    expect(answer).toMatchObject({ result: 'failed', failure: { kind: 'garbage' } });
  });
});
