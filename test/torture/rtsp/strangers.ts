// Strangers on the network: one server that is whatever it is taken for (camera, tunnel, stills, server of pushes) and answers brokenly, and readers who ask so.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pushReplies, readerReports, requestScripts, rtmpReplies, scripts, webReplies, webRequests, webSocketFrames } from './corpus.ts';
import { type Dice, mutate, pieces } from './mutator.ts';

/** The server. */
export interface Strangers extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
  /** Broken messages that it sent. */
  readonly messages: number;
}

const cameraCorpus = scripts.flatMap(({ replies, packets }) => [...replies, ...packets]);
/** A fragment of a picture that neither began nor ends, and a little picture among much that nobody asked for: as much of it as the line takes. */
const torrents = [
  [0x24, 0, 0x05, 0x7c, 0x80, 0x60, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0x7c, 0x05],
  [0x24, 0, 0x00, 0x0f, 0x80, 0xe0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0x41, 1, 2, 0x24, 9, 0xff, 0xff],
].map((head, at) =>
  Buffer.concat(
    Array.from({ length: at === 0 ? 100 : 2 }, () => Buffer.concat([Buffer.from(head), Buffer.alloc(at === 0 ? 1_390 : 65_535)])),
  ),
);
const torrentBytes = 512 * 1024;
/** Packets in a row before it waits. */
const volley = 20;

/** Opens it on a free port of 127.0.0.1. */
export async function openStrangers(dice: Dice): Promise<Strangers> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let messages = 0;
  const say = (socket: Socket, bytes: Buffer, corpus: readonly Buffer[], isBroken: boolean): void => {
    if (!socket.writable) return;
    const sent = isBroken ? mutate(bytes, corpus, dice) : bytes;
    if (isBroken) messages += 1;
    for (const piece of pieces(sent, dice).slice(0, 200)) socket.write(piece);
  };
  const leave = (socket: Socket): void => {
    if (dice.chance(0.5)) socket.resetAndDestroy();
    else socket.end();
  };
  const flood = (socket: Socket, packets: readonly Buffer[]): void => {
    const torrent = dice.chance(0.3) ? dice.pick(torrents) : undefined;
    const timer = setInterval(() => {
      if (torrent && socket.writableLength < torrentBytes) socket.write(torrent);
      for (let left = dice.below(volley); left > 0; left -= 1) say(socket, dice.pick(packets), cameraCorpus, dice.chance(0.6));
      if (dice.chance(0.02)) leave(socket);
    }, 15);
    socket.once('close', () => clearInterval(timer));
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const script = dice.pick(scripts);
    const whole = dice.below(7);
    let said = 0;
    const answer = (text: string): void => {
      const isBroken = said >= whole && dice.chance(0.7);
      const sequence = /CSeq: (\d+)/.exec(text)?.[1] ?? '1';
      const next = (replies: readonly Buffer[]): Buffer =>
        Buffer.from(
          (replies[said % replies.length] ?? Buffer.alloc(0)).toString('latin1').replace(/CSeq: \d+/, `CSeq: ${sequence}`),
          'latin1',
        );
      if (text.startsWith('POST')) return;
      if (text.startsWith('GET')) {
        say(socket, text.includes('rtsp-tunnelled') ? (webReplies[0] ?? Buffer.alloc(0)) : dice.pick(webReplies), webReplies, isBroken);
        if (text.includes('rtsp-tunnelled')) for (const reply of script.replies) say(socket, reply, cameraCorpus, dice.chance(0.5));
        else leave(socket);
      } else if (text.charCodeAt(0) === 3) for (const reply of rtmpReplies) say(socket, reply, rtmpReplies, dice.chance(0.4));
      else if (/^(?:ANNOUNCE|RECORD)/.test(text)) say(socket, next(pushReplies), pushReplies, isBroken);
      else if (/^[A-Z_]+ rtsp/.test(text)) {
        say(socket, next(script.replies), cameraCorpus, isBroken);
        if (text.startsWith('PLAY')) flood(socket, script.packets);
      }
      said += 1;
    };
    socket.on('data', (bytes: Buffer) => answer(bytes.toString('latin1', 0, 4_096)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get messages() {
      return messages;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Where a hostile reader goes, and with what. */
export interface Raid {
  readonly port: number;
  readonly kind: 'rtsp' | 'web';
  /** A right one. */
  readonly token: string;
}

const requestCorpus = [...requestScripts.flat(), ...readerReports];
const webCorpus = [...webRequests, ...webSocketFrames];

/** One hostile reader, from an address of his own: says his piece brokenly and goes in a rude way. How many broken messages it was. */
export async function raid({ port, kind, token }: Raid, dice: Dice): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: `127.${1 + dice.below(200)}.${dice.below(250)}.${1 + dice.below(250)}` });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let session = 'none';
  socket.on('data', (bytes: Buffer) => {
    session = /Session: (\w+)/.exec(bytes.toString('latin1', 0, 1_024))?.[1] ?? session;
  });
  if (dice.chance(0.1)) socket.pause();
  const waits = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const script = kind === 'rtsp' ? dice.pick(requestScripts) : Array.from({ length: 1 + dice.below(3) }, () => dice.pick(webCorpus));
  const corpus = kind === 'rtsp' ? requestCorpus : webCorpus;
  const whole = kind === 'rtsp' ? dice.below(7) : 0;
  let broken = 0;
  for (const [at, each] of script.entries()) {
    if (!socket.writable) break;
    const text = each
      .toString('latin1')
      .replaceAll(/rtsp:\/\/[\d.:]+\/stream/g, `rtsp://127.0.0.1:${port}/s/${token}`)
      .replaceAll('TOKEN', token);
    const bytes = Buffer.from(text.replace(/Session: [^\r]+/, `Session: ${session}`), 'latin1');
    const isBroken = at >= whole;
    for (const piece of pieces(isBroken ? mutate(bytes, corpus, dice) : bytes, dice).slice(0, 200)) socket.write(piece);
    if (isBroken) broken += 1;
    await waits(dice.below(12));
  }
  if (dice.chance(0.3)) await Promise.race([closed, waits(dice.below(300))]);
  if (dice.chance(0.5)) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
  return broken;
}
