// The keeper of FLV's child, with one that starts and then says nothing: it is given time, and another one after that, also while people go on asking.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { openKeeper } from '../../src/streams/flv/keeper.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { until } from './raw-reader.ts';

it('ends a child that does not come up in half a minute, and starts another', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-keeper-'));
  stack.defer(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'mute.mjs'), "process.on('disconnect', () => process.exit()); setInterval(() => {}, 1000);\n");
  const clock = openFakeClock(1_700_000_000_000);
  let died = 0;
  const events = {
    message: () => {},
    died() {
      died += 1;
    },
    isNeeded: () => false,
  };
  const options = { entry: pathToFileURL(join(folder, 'mute.mjs')), startMs: 10_000, idleMs: 30_000 };
  using keeper = openKeeper(options, events, { clock, random: systemRandom, log: openLog('silent') });
  const ask = async (): Promise<number | undefined> => {
    const asked = keeper.awake();
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.advance(10_000);
    const port = await asked;
    keeper.rest();
    return port;
  };
  expect([await ask(), await ask()]).toEqual([undefined, undefined]);
  const first = keeper.pid;
  expect(first).toBeDefined();
  expect(died).toBe(0);
  expect(await ask()).toBeUndefined();
  await until(() => died === 1);
  clock.advance(3_000);
  void ask();
  await until(() => keeper.pid !== undefined);
  expect(keeper.pid).not.toBe(first);
});
