// Makes the simulator's clips with ffmpeg; run by a developer, its results are committed, so nothing needs ffmpeg at run time.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/simulator/clips/', import.meta.url));
/** 8 s: 120 pictures at 15 a second, and exactly 125 AAC frames of 1,024 samples at 16 kHz, so that both loop without a seam. */
const seconds = 8;
const audioFrames = 125;

function ffmpeg(...parameters: string[]): void {
  const done = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...parameters], { stdio: 'inherit' });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`ffmpeg ended with ${done.status}`);
}

function picture(size: string): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=15:duration=${seconds}`, '-pix_fmt', 'yuv420p', '-bitexact'];
}

function h264(name: string, size: string, rate: string): void {
  const encoder = 'bframes=0:keyint=15:min-keyint=15:scenecut=0:repeat-headers=1:sliced-threads=0';
  const limit = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate];
  ffmpeg(...picture(size), '-c:v', 'libx264', '-profile:v', 'main', ...limit, '-x264-params', encoder, '-f', 'h264', folder + name);
}

function h265(name: string, size: string, rate: string): void {
  const encoder = 'bframes=0:keyint=15:min-keyint=15:scenecut=0:repeat-headers=1:open-gop=0:info=0:log-level=error';
  const limit = ['-b:v', rate, '-maxrate', rate, '-bufsize', rate];
  ffmpeg(...picture(size), '-c:v', 'libx265', ...limit, '-x265-params', encoder, '-f', 'hevc', folder + name);
}

/** A beep each second; the encoder's lead-in and tail are cut off, so that `audioFrames` ADTS frames remain. */
function aac(name: string): void {
  const tone = `sine=frequency=440:beep_factor=2:sample_rate=16000:duration=${seconds + 1}`;
  ffmpeg('-f', 'lavfi', '-i', tone, '-c:a', 'aac', '-b:a', '32k', '-bitexact', '-f', 'adts', folder + name);
  const bytes = readFileSync(folder + name);
  let end = 0;
  for (let frame = 0; frame < audioFrames; frame += 1) end += (bytes.readUIntBE(end + 3, 3) >> 5) & 0x1fff;
  writeFileSync(folder + name, bytes.subarray(0, end));
}

mkdirSync(folder, { recursive: true });
h264('main.h264', '640x360', '220k');
h264('sub.h264', '320x180', '90k');
h265('main.h265', '640x360', '180k');
aac('sound.aac');
ffmpeg(...picture('640x360'), '-frames:v', '1', '-q:v', '8', '-f', 'image2', `${folder}still.jpg`);
for (const name of ['main.h264', 'sub.h264', 'main.h265', 'sound.aac', 'still.jpg']) {
  console.log(`${name}: ${statSync(folder + name).size} bytes`);
}
