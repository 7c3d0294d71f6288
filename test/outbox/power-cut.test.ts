// What a delivery tells waits for no disk: a power cut lets it travel again under the same ids, and takes nothing else; dead letters and alarms wait.
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import type { Entry } from '#model';
import { openOutbox } from '#outbox';
import { openStore } from '#store';
import { report } from '../alarms/thread.ts';
import { openTrace } from '../peers/strace.ts';

const env = systemEnv(openLog('silent'));
const entry = new URL('store-entry.ts', import.meta.url);

async function openSite(path: string) {
  const store = await openStore({ entry, workerData: { path, destinations: ['hub'] }, queueLimit: 5000 }, env);
  const close = (): PromiseLike<void> => store[Symbol.asyncDispose]();
  return { store, alarms: openAlarms({ store }, env), outbox: openOutbox({ store }), [Symbol.asyncDispose]: close };
}

async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-cut-'));
  return { folder, path: join(folder, 'bongsu.db'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const seqsOf = (entries: readonly Entry[]): readonly number[] => entries.map(({ seq }) => seq);

describe('a turn of the delivery', () => {
  it('waits for no disk unless it sets aside; an alarm waits once', async () => {
    await using at = await openFolder();
    await using site = await openSite(at.path);
    const { alarms, outbox } = site;
    let claimed: readonly Entry[] = [];
    const flushes = async (act: () => Promise<unknown>): Promise<number> => {
      const trace = await openTrace(process.pid, ['fsync', 'fdatasync'], join(at.folder, 'trace'));
      await act();
      return (await trace.stop()).filter((line) => /sync\(/.test(line)).length;
    };
    const raise = async (device: string): Promise<void> => {
      await alarms.report(report({ device }));
    };
    await raise('smoke-0');
    expect(await flushes(() => raise('smoke-1'))).toBe(1);
    const turn = async (): Promise<void> => {
      claimed = await outbox.turn('hub', { claim: { limit: 1 } });
      claimed = await outbox.turn('hub', { confirm: seqsOf(claimed), claim: { limit: 1 } });
    };
    expect(await flushes(turn)).toBe(0);
    expect(claimed).toHaveLength(1);
    const refuse = (): Promise<unknown> =>
      outbox.turn('hub', { setAside: seqsOf(claimed).map((seq) => ({ seq, code: 0x97, text: 'quota' })), claim: { limit: 1 } });
    expect(await flushes(refuse)).toBe(1);
    expect((await outbox.stats()).destinations).toMatchObject([{ pending: 0, dead: 1 }]);
  });
});

describe('a power cut behind a confirmation', () => {
  it('lets it travel again under the same ids and in the same order; numbers go on, and nothing counts as lost', async () => {
    await using at = await openFolder();
    await using cut = await openFolder();
    const names = (entries: readonly Entry[]) => entries.map(({ id, sequence, body }) => ({ id, sequence, body }));
    const deliver = async (outbox: Awaited<ReturnType<typeof openSite>>['outbox']): Promise<readonly Entry[]> => {
      const delivered: Entry[] = [];
      for (let turn = await outbox.claim('hub', 64); turn.length > 0; ) {
        delivered.push(...turn);
        turn = await outbox.turn('hub', { confirm: seqsOf(turn), claim: { limit: 64 } });
      }
      return delivered;
    };
    await using site = await openSite(at.path);
    for (const state of ['active', 'inactive'] as const) await site.alarms.report(report({ state }));
    const flushedBytes = (await stat(`${at.path}-wal`)).size;
    const first = await deliver(site.outbox);
    expect((await site.outbox.stats()).destinations).toMatchObject([{ pending: 0 }]);
    await copyFile(at.path, cut.path);
    const log = await readFile(`${at.path}-wal`);
    expect(log.length).toBeGreaterThan(flushedBytes);
    await writeFile(`${cut.path}-wal`, log.subarray(0, flushedBytes));

    await using again = await openSite(cut.path);
    expect(again.store.damage()).toBeUndefined();
    expect((await again.outbox.stats()).destinations).toMatchObject([{ pending: 2, dead: 0, gaps: [] }]);
    expect(names(await deliver(again.outbox))).toEqual(names(first));
    await again.alarms.report(report({ device: 'another' }));
    expect(names(await deliver(again.outbox))).toMatchObject([{ sequence: (first.at(-1)?.sequence ?? 0) + 1 }]);
  });
});
