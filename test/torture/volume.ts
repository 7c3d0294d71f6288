// A small disk of its own: an ext4 file system in a file, mounted through a loop device. Needs root.
import { execFile } from 'node:child_process';
import { closeSync, openSync, statfsSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Volume extends AsyncDisposable {
  /** Where it is mounted. */
  readonly folder: string;
  freeBytes(): number;
  /** Another program's file takes all the room there is. Answers how many bytes. */
  occupy(): number;
  /** That file goes. */
  free(): Promise<void>;
}

const run = promisify(execFile);

/** @throws Error that names the command, when not root */
export async function openVolume(mebibytes: number): Promise<Volume> {
  if (process.getuid?.() !== 0)
    throw new Error('this scene mounts a small file system and needs root: sudo npm run torture -- disk --only full --json');
  const place = await mkdtemp(join(tmpdir(), 'bongsu-volume-'));
  const [image, folder] = [join(place, 'image'), join(place, 'disk')];
  await run('truncate', ['-s', `${mebibytes}M`, image]);
  // Without the share that ext4 keeps for root: full shall be full.
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
  await run('mkdir', [folder]);
  await run('mount', ['-o', 'loop', image, folder]);
  const other = join(folder, 'other.bin');
  return {
    folder,
    freeBytes() {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    occupy() {
      const file = openSync(other, 'a');
      let bytes = 0;
      for (const step of [2 ** 20, 4096]) {
        const block = Buffer.alloc(step, 0x5a);
        try {
          for (;;) bytes += writeSync(file, block);
        } catch {
          // Full: that is what was wanted.
        }
      }
      closeSync(file);
      return bytes;
    },
    free: () => rm(other, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', [folder]);
      await rm(place, { recursive: true, force: true });
    },
  };
}
