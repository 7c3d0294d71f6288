// A store of the test's own in a folder that goes with the test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog, systemEnv } from '#base';
import { openStore, type Store, type StoreLimits } from '#store';

const env = systemEnv(openLog('silent'));

export interface OpenNotesOptions {
  readonly limits?: StoreLimits;
  readonly steps?: readonly string[];
  readonly queueLimit?: number;
  readonly hungAfterMs?: number;
}

/** Opens the store of notes at `path`. */
export function openNoteStore(
  path: string,
  { queueLimit = 6000, hungAfterMs = 2000, ...workerData }: OpenNotesOptions = {},
): Promise<Store> {
  const entry = new URL('thread-entry.ts', import.meta.url);
  return openStore({ entry, workerData: { path, ...workerData }, queueLimit, hungAfterMs }, env);
}

/** A fresh folder; disposing removes it. */
export async function openFolder(): Promise<AsyncDisposable & { readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-store-'));
  return { folder, path: join(folder, 'bongsu.db'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
