// A server that we did not write, for pictures that are pushed: ffmpeg waits for one RTSP or RTMP publisher and decodes what it gets.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface Receiver extends AsyncDisposable {
  readonly port: number;
  readonly frames: number;
  /** Audio tracks in what came. */
  readonly hasAudio: boolean;
  readonly done: Promise<number | null>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts one; `path` as the publisher will name it. */
export async function openReceiver(scheme: 'rtsp' | 'rtmp', path: string): Promise<Receiver> {
  const port = await freePort();
  const listen = scheme === 'rtsp' ? ['-rtsp_flags', 'listen'] : ['-listen', '1'];
  const input = [...listen, '-i', `${scheme}://127.0.0.1:${port}${path}`, '-map', '0'];
  const child = spawn('ffmpeg', ['-nostdin', '-v', 'info', '-progress', 'pipe:1', '-stats_period', '0.1', ...input, '-f', 'null', '-'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let frames = 0;
  let hasAudio = false;
  child.stdout.on('data', (text: Buffer) => {
    for (const match of text.toString().matchAll(/^frame=\s*(\d+)/gm)) frames = Number(match[1]);
  });
  child.stderr.on('data', (text: Buffer) => {
    hasAudio ||= /Stream #0:\d+.*: Audio/.test(text.toString());
  });
  const done = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    port,
    done,
    get frames() {
      return frames;
    },
    get hasAudio() {
      return hasAudio;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await done;
    },
  };
}
