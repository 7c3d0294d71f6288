// The backlog's generator: fills stores of a gateway that does not run, through the store's thread and the outbox's own append.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openLog, systemEnv } from '#base';
import type { Reading } from '#model';
import { openOutbox } from '#outbox';
import { openStore, type Store } from '#store';
import type { BacklogProcedures, BacklogThreadData } from './backlog-thread.ts';
import { openSite } from './site.ts';

/** A store to be filled. */
export interface FillPlan {
  readonly folder: string;
  /** Its file is `NAME.db`. */
  readonly name: string;
  /** Rows to append. */
  readonly rows: number;
  tell(text: string): void;
}

const env = systemEnv(openLog('warn'));
const rowsAtOnce = 1000;
/** 450 of these readings are 60 KiB as JSON; an entry may have 500 and 64 KiB. */
export const readingsPerBatch = 450;
const batchesAtOnce = 8;
const tellEvery = 500_000;

/** Fills it with single transitions of alarms, half raised and half cleared. `rows`: rounded up to thousands. Resolves with how many there are. */
export async function fillAlarms({ folder, name, rows, tell }: FillPlan): Promise<number> {
  return await fill({ folder, name }, async (store) => {
    const { appendAlarms } = store.procedures<BacklogProcedures>('backlog');
    return await inTurns(Math.ceil(rows / rowsAtOnce), rowsAtOnce, tell, () => appendAlarms({ rows: rowsAtOnce }));
  });
}

/** Fills it with `rows` readings in batches of `readingsPerBatch`. Resolves with how many readings there are. */
export async function fillReadings({ folder, name, rows, tell }: FillPlan): Promise<number> {
  return await fill({ folder, name }, async (store) => {
    const outbox = openOutbox({ store });
    const perCall = readingsPerBatch * batchesAtOnce;
    const append = () => outbox.appendReadings(Array.from({ length: batchesAtOnce }, (_, batch) => makeReadings(batch)));
    return await inTurns(Math.ceil(rows / perCall), perCall, tell, append);
  });
}

/** Calls `append` for each turn, four under way. */
async function inTurns(turns: number, rowsEach: number, tell: (text: string) => void, append: () => Promise<void>): Promise<number> {
  let taken = 0;
  const lane = async (): Promise<void> => {
    while (taken < turns) {
      taken += 1;
      const rows = taken * rowsEach;
      await append();
      if (rows % tellEvery < rowsEach) tell(`  ${rows.toLocaleString('en')} rows`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return turns * rowsEach;
}

async function fill({ folder, name }: Pick<FillPlan, 'folder' | 'name'>, act: (store: Store) => Promise<number>): Promise<number> {
  // The gateway's own thread first: a store that has all its tables, as one of a gateway that has run.
  await (await openSite(folder, name))[Symbol.asyncDispose]();
  const path = `${folder}/${name}.db`;
  const workerData: BacklogThreadData = { path, destination: 'hub' };
  const entry = new URL('backlog-thread.ts', import.meta.url);
  let rows: number;
  {
    await using store = await openStore({ entry, workerData, queueLimit: 1000 }, env);
    rows = await act(store);
  }
  await forgetCached(path);
  return rows;
}

/** Takes a file out of the system's cache, as after a start of the machine. */
async function forgetCached(path: string): Promise<void> {
  await promisify(execFile)('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
}

let readings = 0;

/** Readings of one kind, of the size that a site's have. */
function makeReadings(batch: number): readonly Reading[] {
  const time = Date.now();
  return Array.from({ length: readingsPerBatch }, (_, index) => {
    readings += 1;
    const value = 300 + (readings % 1000) / 10;
    const device = `hydrant-${1000 + index}`;
    return { device, channel: 'pressure', kind: 'hydrant-pressure', value, unit: 'kPa', quality: 'good', time: time + batch };
  });
}
