// The reserve file: room on the disk that is given back when nothing else is left, so that the ledger and the gaps can still be written.
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '#base';

const chunkBytes = 2 ** 20;

/** The reserve file beside the store's. */
export interface Reserve {
  /** Bytes that it holds now; 0 when it is spent. */
  heldBytes(): number;
  /** Gives its room back to the file system. */
  spend(): void;
  /** Makes it (again) or makes it longer by at most `maxBytes`, while the file system would keep `spareBytes` beside it whole. Whether it stands. */
  make(spareBytes: number, maxBytes: number): boolean;
  /** Bytes that the file system would still give. */
  diskFreeBytes(): number;
}

/** Opens the reserve of the store at `path`. Random bytes, since a file system that compresses would keep no room for zeros. */
export function openReserve(path: string, sizeBytes: number, random: Random): Reserve {
  const file = `${path}.reserve`;
  const folder = dirname(path);
  let held = sizeOf(file);
  const diskFreeBytes = (): number => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  const remove = (): void => {
    rmSync(file, { force: true });
    held = 0;
  };
  return {
    heldBytes: () => held,
    spend: remove,
    diskFreeBytes,
    make(spareBytes, maxBytes) {
      if (held > sizeBytes) remove();
      const missing = sizeBytes - held;
      if (missing === 0) return true;
      if (diskFreeBytes() < missing + spareBytes) return false;
      try {
        append(file, Math.min(missing, maxBytes), random);
        held = sizeOf(file);
      } catch {
        remove();
      }
      return held === sizeBytes;
    },
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function append(file: string, sizeBytes: number, random: Random): void {
  const fd = openSync(file, 'a', 0o600);
  try {
    for (let at = 0; at < sizeBytes; at += chunkBytes) writeSync(fd, random.bytes(Math.min(chunkBytes, sizeBytes - at)));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
