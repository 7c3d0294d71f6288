// One picture decoded by ffmpeg, where it is installed: a process of its own for each, bounded in time and output, with nothing but the picture.
import { spawn } from 'node:child_process';
import type { Env } from '#base';

/** A still larger than this is refused. */
const maxStillBytes = 8 * 1024 * 1024;
/** A key frame is decoded in some 100 ms; a machine that is busy takes longer. */
const decodeMs = 10_000;

/** The picture as a JPEG; undefined when it cannot be decoded. Never rejects. */
export async function decodePicture(
  ffmpeg: string,
  codec: 'h264' | 'h265',
  picture: Buffer,
  env: Env,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const input = ['-threads', '1', '-f', codec === 'h264' ? 'h264' : 'hevc', '-i', 'pipe:0'];
  const output = ['-frames:v', '1', '-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', '3', 'pipe:1'];
  const child = spawn(ffmpeg, ['-nostdin', '-v', 'quiet', ...input, ...output], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
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
