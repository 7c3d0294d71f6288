// A camera of the first-picture bench: RTSP over TCP, 25 frames/s, in this process and so by the same clock as its readers.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { frameMs, makeFrame } from './picture-frames.ts';

export interface PictureCameraOptions {
  /** From key frame to key frame, milliseconds. */
  readonly gopMs: number;
  /** Whether it begins with a key frame when it is played; else its frames go on from where they are. */
  readonly beginsWithKey: boolean;
}

export interface PictureCamera extends AsyncDisposable {
  readonly url: string;
  /** The next frame is a key frame, and the count to the one after begins anew: what SetSynchronizationPoint asks for. */
  keyFrame(): void;
}

/** Opens one on a free port; its frames go on whether somebody looks or not. */
export async function openPictureCamera({ gopMs, beginsWithKey }: PictureCameraOptions): Promise<PictureCamera> {
  const players = new Map<Socket, { sequence: number }>();
  const sockets = new Set<Socket>();
  const gopFrames = gopMs / frameMs;
  let count = 0;
  let untilKey = gopFrames;
  const timer = setInterval(() => {
    untilKey = untilKey === 0 ? gopFrames - 1 : untilKey - 1;
    count += 1;
    for (const [socket, state] of players) {
      const { bytes, packets } = makeFrame(untilKey === 0, count, state.sequence);
      state.sequence += packets;
      socket.write(bytes);
    }
  }, frameMs);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      players.delete(socket);
    });
    answerAll(socket, () => {
      const { bytes, packets } = makeFrame(true, count, 0);
      if (beginsWithKey) socket.write(bytes);
      players.set(socket, { sequence: beginsWithKey ? packets : 0 });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/camera`,
    keyFrame: () => {
      untilKey = 1;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerAll(socket: Socket, play: () => void): void {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      socket.write(answer(head));
      if (head.startsWith('PLAY')) play();
    }
  });
}

const description =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n';

function answer(head: string): string {
  const sequence = /^cseq: *(\d+)/im.exec(head)?.[1] ?? '0';
  const [method] = head.split(' ');
  const body = method === 'DESCRIBE' ? description : '';
  const headers = [
    ...(method === 'SETUP' ? ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1'] : []),
    ...(body === '' ? [] : ['Content-Type: application/sdp', `Content-Length: ${body.length}`]),
    'Session: 1',
  ];
  return `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
