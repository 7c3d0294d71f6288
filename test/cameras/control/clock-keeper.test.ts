// Clocks of cameras are set where the configuration says so: the wrong ones alone, once a day, and again after they were away.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { openClockKeeper } from '../../../src/cameras/control/clock-keeper.ts';
import { openFakeClock } from '../../fakes/clock.ts';

const hourMs = 3_600_000;

function openKeeper(isOn: boolean) {
  const clock = openFakeClock(Date.UTC(2026, 10, 20));
  const offsets = new Map([
    ['right', 400],
    ['wrong', -90_000],
    ['ntp', 90_000],
  ]);
  const set: string[] = [];
  const told: string[] = [];
  const device = {
    async setClock(camera: string) {
      set.push(camera);
      if (camera === 'ntp') throw new Error('by NTP');
      const reading = { byNtp: false, zone: '' };
      return { before: { ...reading, offsetMs: -90_000 }, after: { ...reading, offsetMs: 240 } };
    },
  };
  const stop = new AbortController();
  const deps = { offsets: () => offsets, device, told: (camera: string, detail: string) => void told.push(`${camera}: ${detail}`) };
  const keeper = openClockKeeper({ isOn, toleranceMs: 5000 }, deps, { clock, random: systemRandom, log: openLog('silent') });
  const running = keeper.run(stop.signal);
  const pass = async (hours: number): Promise<void> => {
    for (let left = hours * 6; left > 0; left -= 1) {
      clock.advance(hourMs / 6);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { offsets, set, told, pass, [Symbol.asyncDispose]: end };
}

it('sets those that are wrong, once a day', async () => {
  await using keeper = openKeeper(true);
  await keeper.pass(20);
  expect(keeper.set).toEqual(['wrong', 'ntp']);
  expect(keeper.told).toEqual(['wrong: -90 s off, now 0.2 s']);
  keeper.offsets.set('wrong', 240);
  await keeper.pass(10);
  expect(keeper.set).toEqual(['wrong', 'ntp', 'ntp']);
});

it('sets one again that was away', async () => {
  await using keeper = openKeeper(true);
  await keeper.pass(1);
  keeper.offsets.delete('wrong');
  await keeper.pass(1);
  keeper.offsets.set('wrong', -1_000_000);
  await keeper.pass(1);
  expect(keeper.set).toEqual(['wrong', 'ntp', 'wrong']);
});

it('sets none when the configuration does not say so', async () => {
  await using keeper = openKeeper(false);
  await keeper.pass(48);
  expect(keeper.set).toEqual([]);
});
