// Floods through the gateway’s own store: what they leave behind gives way, and a fire finds room and a place before them.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import type { Report } from '#model';
import { openOutbox } from '#outbox';
import { openStore } from '#store';
import type { StoreThreadData } from '../../src/gateway/store-thread.ts';
import { report } from '../alarms/thread.ts';

const limit = 12 * 2 ** 20;
const rounds = 45;

async function openSite() {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-keys-'));
  const env = systemEnv(openLog('silent'));
  const workerData: StoreThreadData = { path: join(folder, 'bongsu.db'), bootId: 'boot-1', destinations: ['hub'], limits: { limit } };
  const entry = new URL('../../src/gateway/store-thread.ts', import.meta.url);
  const store = await openStore({ entry, workerData, queueLimit: 20_000 }, env);
  return {
    store,
    alarms: openAlarms({ store }, env),
    outbox: openOutbox({ store }),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** 1,000 reports a round, each with a key of its own. */
async function flood(alarms: ReturnType<typeof openAlarms>, next: (index: number) => Report): Promise<Set<string>> {
  const codes = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const reports = Array.from({ length: 1000 }, (_, index) => alarms.report(next(round * 1000 + index)));
    for (const one of await Promise.allSettled(reports)) if (one.status === 'rejected') codes.add(String(one.reason));
  }
  return codes;
}

const motion: Partial<Report> = { device: 'cam-1', kind: 'motion' };

it.each([
  ['a camera that says again and again that nothing moves', { ...motion, state: 'inactive', occurrenceKind: 'derived' }],
  ['a sensor that does so under names of its own', { ...motion, state: 'inactive', occurrenceKind: 'given' }],
  ['an alarm that is repeated for ever', { ...motion, state: 'active', occurrenceKind: 'given', detail: { text: 'x'.repeat(300) } }],
] as const)('%s shuts out no fire', async (_, one) => {
  await using site = await openSite();
  const codes = await flood(site.alarms, (index) => report({ ...one, occurrence: `${randomUUID()}/${index}/${'k'.repeat(120)}` }));
  expect([...codes]).toEqual([]);
  expect(site.store.health()).toMatchObject({ state: 'ok' });
  expect((await site.alarms.report(report({ device: 'smoke-after' }))).result).toBe('raised');
  const lanes = (await site.outbox.turn('hub', { claim: { limit: 10 } })).map(({ lane }) => lane);
  expect(lanes[0]).toBe(0);
});

it('a fire passes the motion that waits for the store, and has a place where motion has none any more', async () => {
  await using site = await openSite();
  let moved = 0;
  const codes = new Set<unknown>();
  const moves = Array.from({ length: 25_000 }, (_, index) =>
    site.alarms.report(report({ ...motion, state: 'inactive', channel: `c-${index % 500}` })).then(
      () => (moved += 1),
      (error: { code?: string }) => codes.add(error.code),
    ),
  );
  expect((await site.alarms.report(report({ device: 'smoke-1' }))).result).toBe('raised');
  expect(moved).toBeLessThan(10_000);
  await Promise.all(moves);
  expect([...codes]).toEqual(['store.full']);
  expect(moved).toBe(19_000);
});
