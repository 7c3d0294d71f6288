// A camera with one bad habit at a time, after go2rtc's list of what real ones do. It sends small made-up H.264 packets, not a picture.
import { createHash } from 'node:crypto';
import { createSocket as createDatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Habits {
  /** The description. Default: one H.264 track and one of PCMU. */
  readonly sdp?: string;
  readonly contentBase?: boolean;
  readonly lowerCase?: boolean;
  /** Answers SETUP with these channels whatever was asked. */
  readonly channels?: readonly [number, number];
  /** Sends the first packets in one segment with, or before, the answer to PLAY. */
  readonly early?: 'with' | 'before';
  /** Session header; undefined: `sess-1;timeout=60`; empty: none. */
  readonly session?: string;
  /** Leaves CSeq out of its answers. */
  readonly noSequence?: boolean;
  /** Sends no packet. */
  readonly silent?: boolean;
  /** Bytes thrown between frames. */
  readonly garbage?: number;
  /** Sends so many documents of metadata to who plays, in place of pictures, and is silent from then on. */
  readonly metadata?: number;
  /** Payload bytes of a packet. */
  readonly packetBytes?: number;
  /** Asks for Digest with this algorithm. */
  readonly digest?: 'MD5' | 'SHA-256';
  /** Has another nonce from PLAY on, and hangs up when no keep-alive that is logged in came for so many milliseconds. */
  readonly staleAfterPlay?: number;
  /** Answers keep-alives with this status; 401 with a new nonce each time. */
  readonly forgets?: 401 | 454;
  /** Asks for Basic alone, and lets everyone in who answers it. */
  readonly basic?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
  /** Answers this method with this status. */
  readonly refuse?: readonly [method: string, status: number];
  /** Closes the connection after so many frames. */
  readonly frames?: number;
  /** Refuses to send over the connection; from another address than its own where that is `stranger`, with two packets exchanged where it is `disorder`. */
  readonly udp?: 'plain' | 'stranger' | 'disorder' | 'silent';
  /** Frames a second. Default 50. */
  readonly rate?: number;
  /** Frames that it sends in place of one. Default 1. */
  readonly burst?: number;
  /** No packet has a marker; those that are endless all have one time as well. */
  readonly marker?: 'never' | 'endless';
}

export interface QuirkyCamera extends AsyncDisposable {
  readonly url: string;
  /** Methods and addresses that were asked, in order. */
  readonly asked: readonly string[];
  readonly connections: number;
  /** Authorization headers that came. */
  readonly authorizations: readonly string[];
}

const plainSdp = [
  'v=0',
  's=quirky',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000 ',
  'a=control:track1',
  'm=audio 0 RTP/AVP 0',
  'a=control:track2',
  '',
].join('\r\n');

/** Opens one on a free port. */
export async function openQuirkyCamera(habits: Habits = {}): Promise<QuirkyCamera> {
  const asked: string[] = [];
  const authorizations: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket, habits, asked, authorizations);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
    asked,
    authorizations,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(socket: Socket, habits: Habits, asked: string[], authorizations: string[]): void {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      const [method = '', url = ''] = head.split(' ');
      asked.push(`${method} ${url}`);
      const authorization = /^authorization: (.*)$/im.exec(head)?.[1];
      if (authorization !== undefined) authorizations.push(authorization);
      answer(socket, method, url, head, habits);
    }
  });
}

function answer(socket: Socket, method: string, url: string, head: string, habits: Habits): void {
  const sequence = /cseq: (\d+)/i.exec(head)?.[1] ?? '';
  const say = (status: number, headers: Record<string, string>, body = ''): Buffer => {
    const all = {
      ...(habits.noSequence ? {} : { CSeq: sequence }),
      ...headers,
      ...(body === '' ? {} : { 'Content-Length': String(body.length) }),
    };
    const lines = Object.entries(all).map(
      ([name, value]) => `${habits.lowerCase ? name.toLowerCase() : name}:${habits.lowerCase ? '' : ' '}${value}`,
    );
    return Buffer.from(`RTSP/1.0 ${status} whatever\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  };
  if (habits.refuse?.[0] === method) return void socket.write(say(habits.refuse[1], {}));
  if (habits.forgets && method === 'OPTIONS' && played.has(socket)) {
    const challenge = { 'WWW-Authenticate': `Digest realm="cam", nonce="n${sequence}", algorithm=MD5` };
    return void socket.write(say(habits.forgets, habits.forgets === 401 ? challenge : {}));
  }
  if (habits.forgets && method === 'PLAY') played.set(socket, undefined);
  const isLate = habits.staleAfterPlay !== undefined && played.has(socket);
  const nonce = isLate ? 'n2' : 'n1';
  if (habits.digest && !isLoggedIn(method, url, head, habits, nonce)) {
    const challenge = `Digest realm="cam", nonce="${nonce}", qop="auth", algorithm=${habits.digest}${isLate ? ', stale=true' : ''}`;
    return void socket.write(say(401, { 'WWW-Authenticate': challenge }));
  }
  if (habits.staleAfterPlay !== undefined && (isLate || method === 'PLAY')) {
    clearTimeout(played.get(socket));
    played.set(
      socket,
      setTimeout(() => socket.destroy(), habits.staleAfterPlay),
    );
  }
  if (habits.basic && !/^authorization: basic/im.test(head)) {
    return void socket.write(say(401, { 'WWW-Authenticate': 'Basic realm="cam"' }));
  }
  const session: Record<string, string> = habits.session === '' ? {} : { Session: habits.session ?? 'sess-1;timeout=60' };
  if (method === 'OPTIONS') socket.write(say(200, { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN' }));
  if (method === 'DESCRIBE') {
    const base: Record<string, string> = habits.contentBase === false ? {} : { 'Content-Base': `${url}/` };
    socket.write(say(200, { ...base, 'Content-Type': 'application/sdp' }, habits.sdp ?? plainSdp));
  }
  if (method === 'SETUP' && habits.udp) {
    const port = /client_port=(\d+)/.exec(head)?.[1];
    const ports = '6970-6971';
    if (port === undefined) return void socket.write(say(461, {}));
    udpPorts.set(socket, Number(port));
    socket.write(say(200, { Transport: `RTP/AVP;unicast;client_port=${port}-${Number(port) + 1};server_port=${ports}`, ...session }));
  } else if (method === 'SETUP') {
    const [rtp, rtcp] = habits.channels ?? [0, 1];
    socket.write(say(200, { Transport: `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`, ...session }));
  }
  if (method === 'PLAY' && habits.udp) playUdp(socket, say(200, session), habits);
  else if (method === 'PLAY') play(socket, say(200, session), habits);
}

/** Who plays, with what ends it. */
const played = new WeakMap<Socket, NodeJS.Timeout | undefined>();

/** Where those who play over UDP want it. */
const udpPorts = new WeakMap<Socket, number>();

function playUdp(socket: Socket, reply: Buffer, habits: Habits): void {
  socket.write(reply);
  const out = createDatagramSocket('udp4');
  const port = udpPorts.get(socket) ?? 0;
  out.bind(0, habits.udp === 'stranger' ? '127.0.0.2' : '127.0.0.1');
  let number = 0;
  const timer = setInterval(
    () => {
      // Frame 6 comes behind frame 7.
      const shown = habits.udp === 'disorder' && (number === 6 || number === 7) ? 13 - number : number;
      const frame = frameOf(shown, habits);
      for (let at = 0; at < frame.length; at += 4 + frame.readUInt16BE(at + 2)) {
        const end = at + 4 + frame.readUInt16BE(at + 2);
        if (habits.udp !== 'silent') out.send(frame.subarray(at + 4, end), port + (frame[at + 1] ?? 0), '127.0.0.1');
      }
      number += 1;
    },
    1000 / (habits.rate ?? 50),
  );
  socket.on('close', () => {
    clearInterval(timer);
    out.close();
  });
}

function play(socket: Socket, reply: Buffer, habits: Habits): void {
  const first = [0, 1, 2].map((number) => frameOf(number, habits));
  if (habits.early === 'with') socket.write(Buffer.concat([reply, ...first]));
  else if (habits.early === 'before') socket.write(Buffer.concat([...first, reply]));
  else socket.write(reply);
  tellDocuments(socket, habits.metadata ?? 0);
  if (habits.silent || habits.metadata !== undefined) return;
  let number = 3;
  const timer = setInterval(
    () => {
      for (let left = habits.burst ?? 1; left > 0; left -= 1) {
        socket.write(frameOf(number, habits));
        number += 1;
      }
      if (number - 3 === habits.frames) socket.end();
    },
    1000 / (habits.rate ?? 50),
  );
  socket.on('close', () => clearInterval(timer));
}

/** Of two packets each (ONVIF Streaming §5.2.1.5: the marker ends a document). */
function tellDocuments(socket: Socket, count: number): void {
  for (let document = 0; document < count; document += 1) {
    const text = `<tt:MetadataStream><tt:Frame Object="${document}"/></tt:MetadataStream>`;
    for (const [piece, body] of [text.slice(0, 20), text.slice(20)].entries()) {
      const header = rtpHeader(107, document * 2 + piece);
      header[1] = 107 | (piece === 1 ? 0x80 : 0);
      header.writeUInt32BE(document * 1_800, 4);
      socket.write(interleave(0, Buffer.concat([header, Buffer.from(body)])));
    }
  }
}

/** One frame of one packet, a key frame every tenth; now and then a sender report with the camera's address, and a packet of sound. */
function frameOf(number: number, habits: Habits): Buffer {
  const [rtp, rtcp] = habits.channels ?? [0, 1];
  const unit = Buffer.alloc(habits.packetBytes ?? 200, number & 0xff);
  unit[0] = number % 10 === 0 ? 0x65 : 0x41;
  const packet = Buffer.concat([rtpHeader(96, number), unit]);
  if (habits.marker) packet[1] = 96;
  if (habits.marker === 'endless') packet.writeUInt32BE(7, 4);
  const sound = interleave(rtp, Buffer.concat([rtpHeader(0, number), Buffer.from('SOUND-SOUND')]));
  const report = Buffer.concat([
    Buffer.from([0x80, 200, 0, 6]),
    Buffer.alloc(24, 1),
    Buffer.from([0x81, 202, 0, 4]),
    Buffer.from('____\x01\x09camera@10'),
  ]);
  const extra = number % 10 === 5 ? [interleave(rtcp, report), sound] : [];
  return Buffer.concat([...extra, Buffer.alloc(habits.garbage ?? 0, 0x07), interleave(rtp, packet)]);
}

function rtpHeader(payloadType: number, number: number): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 0x80 | payloadType;
  header.writeUInt16BE(number & 0xffff, 2);
  header.writeUInt32BE((number * 1_800) >>> 0, 4);
  header.writeUInt32BE(0xcafe, 8);
  return header;
}

function interleave(channel: number, packet: Buffer): Buffer {
  const head = Buffer.from([0x24, channel, 0, 0]);
  head.writeUInt16BE(packet.length, 2);
  return Buffer.concat([head, packet]);
}

function isLoggedIn(method: string, url: string, head: string, habits: Habits, nonce: string): boolean {
  const field = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(head)?.[1] ?? '';
  const { user, password } = habits.login ?? { user: '', password: '' };
  const hash = (text: string): string =>
    createHash(habits.digest === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const secret = hash(`${user}:cam:${password}`);
  return field('response') === hash(`${secret}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${hash(`${method}:${url}`)}`);
}
