// A pack of hostile cameras, each at its own loopback address and bad in its own way: what the network and the firmware of strangers can send to a client.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { answerCall, type FieldCamera, messageOf, openFieldCamera, pullReply } from '../../bench/cameras-soap.ts';

/** What a hostile camera does with one request; `camera` is an honest one for those that lie only now and then. */
type Behaviour = (socket: Socket, request: HostileRequest) => void;

interface HostileRequest {
  readonly head: string;
  readonly body: string;
  readonly camera: FieldCamera;
  readonly port: number;
}

/** The running pack. */
export interface HostilePack extends Disposable {
  readonly port: number;
  /** Address of each camera, by what it does. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Requests that each has had. */
  readonly requests: Readonly<Record<string, number>>;
}

const xml = (text: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const envelope = (inside: string): string =>
  xml(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${inside}</s:Body></s:Envelope>`);
const megabyte = 2 ** 20;
const entities = Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(20)}">`).join('');
const isUtf8 = '<?xml version="1.0" encoding="UTF-8"?>';

/** Speaks as an honest camera, its words passed through `change`. */
function through(change: (text: string) => string | Buffer): Behaviour {
  return (socket, { camera, port, ...request }) => {
    const liar = new Proxy(socket, {
      get: (target, name) => (name === 'write' ? (text: string) => target.write(change(text)) : Reflect.get(target, name, target)),
    });
    answerCall(camera, { ...request, socket: liar }, port);
  };
}

/** One byte in a hundred of the body is another. */
function garble(text: string): Buffer {
  const bytes = Buffer.from(text);
  const start = bytes.indexOf('\r\n\r\n') + 4;
  for (let at = start; at < bytes.length; at += 1) if (Math.random() < 0.01) bytes[at] = Math.floor(Math.random() * 256);
  return bytes;
}

/** Asked to pull it answers at once, with as much as it can. */
function flood(messages: number): Behaviour {
  return (socket, request) => {
    const { camera } = request;
    const isPull = request.body.includes('PullMessages');
    if (isPull) for (let count = 0; count < messages; count += 1) camera.queue.push({ text: messageOf(count % 2 === 0), atMs: Number.NaN });
    if (isPull && messages === 0) socket.write(pullReply(camera));
    else through((text) => text)(socket, request);
  };
}

/** All that they do, by name. */
const behaviours: Readonly<Record<string, Behaviour>> = {
  silent: () => {},
  closes: (socket) => void socket.end(),
  resets: (socket) => void socket.resetAndDestroy(),
  'ends in the head': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
  'ends in the body': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<a><b>'),
  drips: (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n\r\n<a>', '<b/>'),
  'drips headers': (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'),
  'endless headers': (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${'X-Header: something\r\n'.repeat(100_000)}`),
  'endless 100 Continue': (socket) => void socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20_000)),
  'chunk sizes': (socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n<a>'),
  'chunks of one byte': (socket) =>
    void socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\n<\r\n'.repeat(150_000)}0\r\n\r\n`),
  'a long length': (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n<a/>'),
  'two lengths': (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>'),
  'ssh instead': (socket) => void socket.write('SSH-2.0-dropbear_2020.81\r\n'),
  'a web page': (socket) => void socket.write(xml('<!DOCTYPE html><html><body>login</body></html>')),
  redirects: (socket) => void socket.write('HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n'),
  'always another nonce': (socket) =>
    void socket.write(challenge(`Digest realm="x", qop="auth", nonce="${randomBytes(8).toString('hex')}"`)),
  'a thousand challenges': (socket) => void socket.write(challenge('Digest realm="x", nonce="y", '.repeat(500))),
  'a broken challenge': (socket) => void socket.write(challenge(`Digest ${'"\\'.repeat(2000)}`)),
  noise: (socket) => void socket.write(randomBytes(64 * 1024)),
  'noise as XML': (socket) =>
    void socket.write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n'), randomBytes(65_536)])),
  '1 MB of elements': (socket) => void socket.write(envelope('<b c="d">text</b>'.repeat(60_000))),
  '1 MB of text': (socket) => void socket.write(envelope('x'.repeat(megabyte - 200))),
  '1 MB of references': (socket) => void socket.write(envelope('&amp;'.repeat(megabyte / 5 - 100))),
  '1 MB in one attribute': (socket) => void socket.write(envelope(`<a b="${'&lt;'.repeat(megabyte / 4 - 100)}"/>`)),
  '1 MB of namespaces': (socket) =>
    void socket.write(envelope(Array.from({ length: 20_000 }, (_, n) => `<p${n}:a xmlns:p${n}="urn:${n}"/>`).join(''))),
  '1 MB in a comment': (socket) => void socket.write(envelope(`<!--${'x'.repeat(megabyte - 300)}-->`)),
  '1 MB of open tags': (socket) => void socket.write(xml('<a>'.repeat(megabyte / 3 - 10))),
  '10,000 levels': (socket) => void socket.write(envelope('<a>'.repeat(10_000) + '</a>'.repeat(10_000))),
  'an entity bomb': (socket) => void socket.write(xml(`<!DOCTYPE a [<!ENTITY e0 "ha">${entities}]><a>&e20;</a>`)),
  'an outer entity': (socket) => void socket.write(xml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')),
  'UTF-16 that is none': (socket) => void socket.write(xml(isUtf8.replace('UTF-8', 'UTF-16') + '<a/>'.repeat(1000))),
  'an unknown encoding': (socket) => void socket.write(xml(`${isUtf8.replace('UTF-8', 'x-none')}<a/>`)),
  'too much': (socket) => void socket.write(xml(`<a>${'x'.repeat(20 * megabyte)}</a>`)),
  'bits that flip': through(garble),
  'pulls that never wait': flood(0),
  '1,000 events a pull': flood(1000),
  'services elsewhere': through((text) => recount(text.replaceAll(/http:\/\/127\.\d+\.\d+\.\d+:\d+/g, 'http://192.0.2.1:1'))),
  'a clock of another age': through((text) => recount(text.replaceAll(/<tt:Year>\d+/g, '<tt:Year>1970').replaceAll(/20\d\d-/g, '0000-'))),
};

function challenge(value: string): string {
  return `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${value}\r\nContent-Length: 0\r\n\r\n`;
}

function recount(text: string): string {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return `${head.replace(/Content-Length: \d+/, `Content-Length: ${Buffer.byteLength(body)}`)}\r\n\r\n${body}`;
}

function drip(socket: Socket, start: string, drop: string): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.once('close', () => clearInterval(timer));
}

/** Opens the pack on one port of all 127.21.0.x; those with names in `only`, or all. */
export async function openHostilePack(): Promise<HostilePack> {
  const names = Object.keys(behaviours);
  const requests: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const at = (name: string): string => `127.21.0.${names.indexOf(name) + 1}`;
  const byAddress = new Map(names.map((name) => [at(name), { name, camera: openFieldCamera({ user: '', password: '' }) }]));
  const sockets = new Set<Socket>();
  let port = 0;
  const server = createServer((socket) => {
    const found = byAddress.get(socket.localAddress ?? '');
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      heard += chunk;
      const end = heard.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(heard)?.[1] ?? 0);
      if (end < 0 || heard.length < end + 4 + length || !found) return;
      const request = { head: heard.slice(0, end), body: heard.slice(end + 4), camera: found.camera, port };
      heard = '';
      requests[found.name] = (requests[found.name] ?? 0) + 1;
      behaviours[found.name]?.(socket, request);
    });
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const bound = server.address();
  port = typeof bound === 'object' && bound ? bound.port : 0;
  return {
    port,
    addresses: Object.fromEntries(names.map((name) => [name, `${at(name)}:${port}`])),
    requests,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** An id for what a camera does. */
export function hostileId(name: string): string {
  return `bad-${createHash('md5').update(name).digest('hex').slice(0, 8)}`;
}
