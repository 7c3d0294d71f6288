// A reader of the first-picture bench: when it had its first whole key frame, and how far behind a player would be.
import { connect, type Socket } from 'node:net';
import { steadyMs } from './measure.ts';
import { readPacket, ticksPerMs } from './picture-frames.ts';

export interface PictureReader extends Disposable {
  /** From the start of its connection to the last packet of the first key frame of which all packets came, milliseconds. */
  readonly firstKeyMs: Promise<number>;
  /**
   * How long ago the newest frame came when a player shows it that shows the first frame at once and each other by its timestamp. It may never show one before it came, so it waits
   * where one came too late.
   */
  liveDelayMs(): number;
}

/** Connects and plays; `firstKeyMs` rejects when it is refused or after 20 s. */
export function openPictureReader(url: string): PictureReader {
  const startMs = steadyMs();
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const { promise: firstKeyMs, resolve, reject } = Promise.withResolvers<number>();
  firstKeyMs.catch(() => {});
  const timer = setTimeout(() => reject(new Error('no key frame within 20 s')), 20_000);
  const player = openPlayer((atMs) => resolve(atMs - startMs));
  socket.setNoDelay(true);
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the reader was closed')));
  converse(socket, url, player.take, reject);
  return {
    firstKeyMs: firstKeyMs.finally(() => clearTimeout(timer)),
    liveDelayMs: player.liveDelayMs,
    [Symbol.dispose]() {
      clearTimeout(timer);
      socket.destroy();
    },
  };
}

interface Player {
  take(packet: Buffer): void;
  liveDelayMs(): number;
}

function openPlayer(whole: (atMs: number) => void): Player {
  let expected: number | undefined;
  let keyIsWhole = false;
  /** Steady milliseconds at which a frame of timestamp 0 would be shown. */
  let offsetMs: number | undefined;
  let delayMs = 0;
  return {
    liveDelayMs: () => delayMs,
    take(packet) {
      const { sequence, timestamp, isKey, startsFrame, endsFrame } = readPacket(packet);
      const isNext = expected === undefined || sequence === expected;
      expected = (sequence + 1) & 0xffff;
      if (isKey && startsFrame) keyIsWhole = true;
      else if (!isNext) keyIsWhole = false;
      if (!endsFrame) return;
      const nowMs = steadyMs();
      if (isKey && keyIsWhole && offsetMs === undefined) {
        whole(nowMs);
        offsetMs = nowMs - timestamp / ticksPerMs;
      }
      if (offsetMs === undefined) return;
      offsetMs = Math.max(offsetMs, nowMs - timestamp / ticksPerMs);
      delayMs = offsetMs + timestamp / ticksPerMs - nowMs;
    },
  };
}

/** DESCRIBE, SETUP and PLAY, each when the one before is answered; then all packets of channel 0. */
function converse(socket: Socket, url: string, take: (packet: Buffer) => void, fail: (error: Error) => void): void {
  const requests = [
    () => `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`,
    () => `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`,
    (session: string) => `PLAY ${url} RTSP/1.0\r\nCSeq: 3\r\nSession: ${session}\r\n\r\n`,
  ];
  let session = '';
  let kept: Buffer = Buffer.alloc(0);
  const ask = (): void => {
    const request = requests.shift();
    if (request) socket.write(request(session));
  };
  const answered = (head: string): void => {
    if (!head.startsWith('RTSP/1.0 200')) fail(new Error(head.split('\r\n')[0]));
    session = /^session: *([^;\r]+)/im.exec(head)?.[1] ?? session;
    ask();
  };
  socket.once('connect', ask);
  socket.on('data', (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]);
    let at = 0;
    for (let size = sizeOf(kept, at); size !== undefined && at + size <= kept.length; size = sizeOf(kept, at)) {
      if (kept[at] !== 0x24) answered(kept.toString('latin1', at, at + size));
      else if (kept[at + 1] === 0) take(kept.subarray(at + 4, at + size));
      at += size;
    }
    kept = kept.subarray(at);
  });
}

/** Bytes of the packet or message that begins at `at`; undefined while that cannot be told. */
function sizeOf(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < 4) return undefined;
  if (bytes[at] === 0x24) return 4 + bytes.readUInt16BE(at + 2);
  const end = bytes.indexOf('\r\n\r\n', at);
  if (end < 0) return undefined;
  const length = /^content-length: *(\d+)/im.exec(bytes.toString('latin1', at, end))?.[1] ?? '0';
  return end + 4 - at + Number(length);
}
