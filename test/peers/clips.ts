// Clips for the cameras of tests: a moving picture with a tone, encoded by ffmpeg, made once for each machine.
import { execFile } from 'node:child_process';
import { mkdir, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ClipCodec = 'h264' | 'h265';

export interface ClipOptions {
  readonly codec: ClipCodec;
  /** Length, seconds. Default 60. */
  readonly seconds?: number;
  /** Frames between key frames, at 25 a second. Default 25. */
  readonly gop?: number;
}

const encoders = {
  h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-x264-params', 'scenecut=0'],
  h265: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:bframes=0:scenecut=0', '-tag:v', 'hvc1'],
} as const;

/** Path of an MP4 with one video and one AAC track, 320×240 at 25 frames a second. */
export async function makeClip(options: ClipOptions): Promise<string> {
  const { codec, seconds = 60, gop = 25 } = options;
  const folder = join(tmpdir(), 'bongsu-test-clips');
  const path = join(folder, `${codec}-${seconds}s-gop${gop}.mp4`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${process.pid}.${performance.now()}.mp4`;
  const picture = ['-f', 'lavfi', '-i', `testsrc=size=320x240:rate=25:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`];
  const format = ['-pix_fmt', 'yuv420p', '-g', String(gop), '-keyint_min', String(gop), '-c:a', 'aac', '-b:a', '64k', '-shortest'];
  await run('ffmpeg', ['-v', 'error', '-y', ...picture, ...sound, ...encoders[codec], ...format, draft]);
  await rename(draft, path);
  return path;
}
