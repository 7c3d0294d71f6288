// A reader that we did not write: VLC without a window, as a user who may do nothing; it decodes to a file, whose size tells how many frames that were.
// Debian builds VLC without its RTSP client (live555), so it can be asked for HTTP-FLV alone.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** VLC refuses to run as root: then it runs as `nobody`. */
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const lookMs = 100;

/** Decodes until `frames` frames of `width` × `height` are there, or `timeoutMs` is over; how many there were. */
export async function readWithVlc(
  url: string,
  frames: number,
  { width, height }: { readonly width: number; readonly height: number },
  timeoutMs = 25_000,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-vlc-'));
  await chmod(folder, 0o777);
  const pictures = join(folder, 'pictures.yuv');
  const decode = `#transcode{vcodec=I420}:std{access=file,mux=dummy,dst=${pictures}}`;
  const user = process.getuid?.() === 0 ? nobody : [];
  const [program, ...flags] = [...user, 'cvlc', '-I', 'dummy', '--no-audio', '--sout', decode, url, 'vlc://quit'];
  const child = spawn(program, flags, { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: folder } });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const decoded = async (): Promise<number> => {
    const { size } = await stat(pictures).catch(() => ({ size: 0 }));
    return Math.floor(size / (width * height * 1.5));
  };
  const endMs = performance.now() + timeoutMs;
  while (child.exitCode === null && performance.now() < endMs && (await decoded()) < frames) await sleep(lookMs);
  child.kill('SIGKILL');
  await ended;
  const count = await decoded();
  await rm(folder, { recursive: true, force: true });
  return count;
}
