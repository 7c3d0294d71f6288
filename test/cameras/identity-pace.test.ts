// A camera that says another firmware at every connection: a bounded inventory, and the newest in the end.
import { expect, it } from 'vitest';
import { openIdentityPace } from '../../src/cameras/identity-pace.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { env } from './fake-deps.ts';

it('hands on four changes in ten minutes, and the newest when they are over', async () => {
  const clock = openFakeClock(0);
  const told: string[] = [];
  const pace = openIdentityPace(async (_id, { firmware }) => void told.push(firmware), { ...env, clock });
  const say = (id: string, firmware: string) => pace.identified(id, { maker: '', model: '', firmware, serial: 's' }, []);
  const stop = new AbortController();
  const done = pace.service.run(stop.signal);
  for (let turn = 0; turn < 290; turn += 1) {
    await say('liar', `v${turn}`);
    await say('liar', `v${turn}`);
    clock.advance(2000);
    await new Promise(setImmediate);
  }
  expect(new Set(told)).toEqual(new Set(['v0', 'v1', 'v2', 'v3']));
  await say('honest', '1.0');
  expect(told.at(-1)).toBe('1.0');
  for (let turn = 0; turn < 4; turn += 1) {
    clock.advance(30_000);
    await new Promise(setImmediate);
  }
  expect(told.at(-1)).toBe('v289');
  stop.abort();
  await done;
});
