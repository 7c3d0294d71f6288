// One picture decoded by ffmpeg, where it is installed: a process of its own for each, bounded in time and output, with nothing but the picture.
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Env } from '#base';

/** A still larger than this is refused. */
const maxStillBytes = 8 * 1024 * 1024;
/** A key frame is decoded in some 100 ms; a machine that is busy takes longer. */
const decodeMs = 10_000;

/** A picture of 8K; one that says that it is larger is not decoded. */
const maxPixels = 7_680 * 4_320;
/** Address space of the decoder, KiB: a picture of 8K needs between 1 and 1.5 GiB of it, and 280 MiB of memory (measured). */
const maxSpaceKiB = 1_536 * 1_024;
/** The pictures that flow go before it. */
const niceness = 10;

/** The picture as a JPEG; undefined when it cannot be decoded. Never rejects. */
export async function decodePicture(
  ffmpeg: string,
  codec: 'h264' | 'h265',
  picture: Buffer,
  env: Env,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const input = ['-threads', '1', '-max_pixels', String(maxPixels), '-f', codec === 'h264' ? 'h264' : 'hevc', '-i', 'pipe:0'];
  const output = ['-frames:v', '1', '-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', '3', 'pipe:1'];
  // The shell lowers its own bounds and becomes the decoder.
  const bounded = ['-c', `ulimit -v ${maxSpaceKiB} && exec "$0" "$@"`, ffmpeg];
  const decode = ['-nostdin', '-v', 'quiet', ...input, ...output];
  const child = spawn('/bin/sh', [...bounded, ...decode], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
  yieldTo(child.pid);
  const parts: Buffer[] = [];
  let bytes = 0;
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  using _timer = env.clock.after(decodeMs, kill);
  signal.addEventListener('abort', kill, { once: true });
  child.stdin.on('error', () => {});
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxStillBytes) kill();
    else parts.push(part);
  });
  child.stdin.end(picture);
  const isDone = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  signal.removeEventListener('abort', kill);
  const jpeg = Buffer.concat(parts);
  return isDone && jpeg.length > 4 && jpeg[0] === 0xff && jpeg[1] === 0xd8 ? jpeg : undefined;
}

function yieldTo(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended already.
  }
}
