// The alarms' clock: reads what is open until it has it, ticks every minute, and outlives a store that fails.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { alarmClock } from '../../src/gateway/alarm-clock.ts';
import { openFakeClock } from '../fakes/clock.ts';

it('goes on whatever the store says', async () => {
  const clock = openFakeClock(1_760_000_000_000);
  const calls: string[] = [];
  let sick = true;
  const act = (name: string) => async () => {
    calls.push(name);
    if (sick) throw new Error('store.hung');
    return { ended: [], settled: 0 };
  };
  const stop = new AbortController();
  const recall = act('recall');
  const service = alarmClock(
    { recall: async () => void (await recall()), tick: act('tick') },
    { clock, random: systemRandom, log: openLog('silent') },
  );
  const running = service.run(stop.signal);
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settled();
  sick = false;
  for (let minute = 0; minute < 2; minute += 1) {
    clock.advance(60_000);
    await settled();
  }
  expect(calls).toEqual(['recall', 'tick', 'recall', 'tick', 'tick']);
  stop.abort();
  await running;
});
