// From the child to one reader: FLV fetched over loopback, whole tags passed on; a reader that is too slow loses pictures up to the next key frame.
import type { IncomingMessage } from 'node:http';
import { type Clock, nodeHttp } from '#base';
import { type Backlog, openShare } from '../path/index.ts';
import { type FlvTag, openFlvCutter } from './flv-tags.ts';

/** What the pump needs of a reader's connection. */
export interface FlvLine {
  write(bytes: Buffer): void;
  readonly waitingBytes: number;
}

export interface FlvPump extends Disposable {
  readonly counts: { readonly frames: number; readonly bytes: number; readonly dropped: number };
  /** Milliseconds since which the line has been too slow without a break; 0 while it is not. */
  stalledMs(): number;
}

export interface FlvPumpOptions {
  readonly address: { readonly port: number; readonly id: string };
  readonly bufferBytes: number;
  /** What waits for the line counts in it. */
  readonly backlog: Backlog;
}

/** A picture larger than this is none of a camera. */
const maxTagBytes = 8 * 1024 * 1024;

/** Opens a pump; `ended` is called once, when nothing more will come. The child is always read at full speed: it would keep all that waits. */
export function openFlvPump(options: FlvPumpOptions, line: FlvLine, ended: () => void, clock: Clock): FlvPump {
  const share = openShare(options.backlog, options.bufferBytes);
  let frames = 0;
  let bytes = 0;
  let dropped = 0;
  let flowing = true;
  let stalledSince: number | undefined;
  let over = false;

  const end = (): void => {
    if (over) return;
    over = true;
    share.leave();
    request.destroy();
    ended();
  };
  const stall = (): void => {
    flowing = false;
    stalledSince ??= clock.monotonicMs();
  };
  const pass = (tag: FlvTag): void => {
    if (over) return;
    share.weigh(line.waitingBytes);
    if (flowing && share.isBehind) stall();
    if (!flowing && tag.kind === 'key' && line.waitingBytes <= options.bufferBytes / 2 && !share.isBehind) {
      flowing = true;
      stalledSince = undefined;
    }
    if (!flowing && tag.kind !== 'header') {
      dropped += 1;
      return;
    }
    if (tag.kind !== 'header') frames += 1;
    bytes += tag.bytes.length;
    line.write(tag.bytes);
    share.weigh(line.waitingBytes);
  };
  const cutter = openFlvCutter(maxTagBytes, pass);
  const { port, id } = options.address;
  const request = nodeHttp().get({ host: '127.0.0.1', port, path: `/f/${id}.flv`, agent: false }, (response: IncomingMessage) => {
    response.on('data', (part: Buffer) => {
      if (response.statusCode !== 200 || !cutter.feed(part)) end();
    });
    response.once('close', end);
    response.on('error', end);
  });
  request.on('error', end);
  request.once('close', end);

  return {
    get counts() {
      return { frames, bytes, dropped };
    },
    stalledMs: () => (stalledSince === undefined ? 0 : clock.monotonicMs() - stalledSince),
    [Symbol.dispose]() {
      over = true;
      share.leave();
      request.destroy();
    },
  };
}
