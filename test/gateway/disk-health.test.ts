// The disk's health: told when it begins to be low and when it ends, and at every start.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Condition } from '#model';
import type { Store } from '#store';
import { watchDisk } from '../../src/gateway/disk-health.ts';
import { openFakeClock } from '../fakes/clock.ts';

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

function opened(isLowAtFirst: boolean) {
  let disk: ReturnType<Store['disk']> = { isLow: isLowAtFirst, freeBytes: 2 ** 27, isLogHeld: false, heldLogBytes: 0 };
  let listener = (): void => {};
  const told: Condition[] = [];
  const store = {
    disk: () => disk,
    watch(_topic: string, act: () => void) {
      listener = act;
      return { [Symbol.dispose]() {} };
    },
  } as unknown as Store;
  const intake = { condition: async (step: Condition) => void told.push(step) };
  const env = { clock: openFakeClock(1000), random: systemRandom, log: openLog('silent') };
  const stop = new AbortController();
  const running = watchDisk({ store, intake }, env).run(stop.signal);
  return {
    told,
    async becomes(isLow: boolean, freeBytes: number, heldLogBytes = 0) {
      disk = { isLow, freeBytes, isLogHeld: heldLogBytes > 0, heldLogBytes };
      listener();
      await settled();
    },
    async end() {
      stop.abort();
      await running;
    },
  };
}

it('is told once when it begins and once when it ends, with what is left for the technician', async () => {
  const { told, becomes, end } = opened(false);
  await becomes(true, 2 ** 27);
  await becomes(true, 2 ** 26);
  await becomes(false, 2 ** 30);
  await end();
  const ofDisk = told.filter(({ kind }) => kind === 'disk-low');
  expect(ofDisk.map(({ state, detail }) => [state, detail])).toEqual([
    ['cleared', '128 MiB free'],
    ['raised', '128 MiB free'],
    ['cleared', '1024 MiB free'],
  ]);
  expect(ofDisk[1]).toMatchObject({ device: 'gateway', channel: 'store', kind: 'disk-low', severity: 'major', time: 1000 });
  expect(ofDisk[1]?.message.en).toMatch(/df/);
  expect(ofDisk[1]?.message.ko).toMatch(/df/);
});

it('is told at the start as it stands then', async () => {
  const { told, end } = opened(true);
  await settled();
  await end();
  expect(told.map(({ kind, state }) => [kind, state])).toEqual([
    ['disk-low', 'raised'],
    ['store-log-held', 'cleared'],
  ]);
});

it('tells of a log that somebody keeps from going into the file, by itself', async () => {
  const { told, becomes, end } = opened(false);
  await settled();
  await becomes(false, 2 ** 30, 2 ** 26);
  await becomes(true, 2 ** 27, 2 ** 26);
  await becomes(true, 2 ** 27);
  await end();
  expect(told.map(({ kind, state, detail }) => [kind, state, detail])).toEqual([
    ['disk-low', 'cleared', '128 MiB free'],
    ['store-log-held', 'cleared', '0 MiB wait'],
    ['store-log-held', 'raised', '64 MiB wait'],
    ['disk-low', 'raised', '128 MiB free'],
    ['store-log-held', 'cleared', '0 MiB wait'],
  ]);
});
