// A reader that we did not write: ffmpeg decodes a stream and tells what it got; ffprobe lists its tracks.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Decoded {
  readonly frames: number;
  /** What ffmpeg complained about; empty when the pictures were whole. */
  readonly complaints: string;
  readonly exitCode: number | null;
  readonly seconds: number;
}

export interface Reading {
  readonly process: ChildProcess;
  /** Frames decoded so far. */
  readonly frames: number;
  readonly done: Promise<Decoded>;
}

/** Decodes up to `frames` frames, over RTSP by TCP or UDP, over HTTP-FLV where the address is of HTTP; ends earlier when the stream does. */
export function startReading(url: string, frames: number, transport: 'tcp' | 'udp' = 'tcp'): Reading {
  const startedAt = performance.now();
  const input = [...(url.startsWith('rtsp') ? ['-rtsp_transport', transport] : []), '-i', url, '-map', '0'];
  // The newest pictures come to a new reader with timestamps closer than the frame rate: they are not to be rounded to it.
  const counting = ['-fps_mode', 'passthrough', '-enc_time_base', '1:90000'];
  const flags = ['-nostdin', '-v', 'error', '-progress', 'pipe:1', '-stats_period', '0.1'];
  const child = spawn('ffmpeg', [...flags, ...input, ...counting, '-frames:v', String(frames), '-f', 'null', '-'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let count = 0;
  let complaints = '';
  child.stdout.on('data', (text: Buffer) => {
    for (const match of text.toString().matchAll(/^frame=\s*(\d+)/gm)) count = Number(match[1]);
  });
  child.stderr.on('data', (text: Buffer) => {
    complaints += text.toString();
  });
  const done = new Promise<Decoded>((resolve) => {
    child.once('close', (exitCode) => {
      resolve({ frames: count, complaints, exitCode, seconds: (performance.now() - startedAt) / 1000 });
    });
  });
  return {
    process: child,
    get frames() {
      return count;
    },
    done,
  };
}

/** Kinds and codecs of all tracks that are offered: `['video h264']`. */
export async function probeTracks(url: string): Promise<readonly string[]> {
  const fields = ['-show_entries', 'stream=codec_type,codec_name', '-of', 'json'];
  const { stdout } = await run('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', ...fields, url], { timeout: 30_000 });
  const { streams } = JSON.parse(stdout) as { streams: { codec_type: string; codec_name: string }[] };
  return streams.map((stream) => `${stream.codec_type} ${stream.codec_name}`);
}
