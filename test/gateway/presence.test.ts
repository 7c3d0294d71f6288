// A blip is no move: a camera that is found elsewhere is followed when its own address has been silent for a while, and then without another look.
import { expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import type { CameraStatus } from '#cameras';
import { judgeAgain, openPresence } from '../../src/gateway/presence.ts';
import { openFakeClock } from '../fakes/clock.ts';

const status = (state: CameraStatus['state'], silentMs: number) => ({ id: 'cam-1', state, silentMs }) as CameraStatus;

it.each([
  ['online', 0, true, true],
  ['connecting', 0, true, true],
  ['connecting', 20_000, true, false],
  ['lost', 119_000, true, false],
  ['lost', 120_000, false, false],
  ['login-refused', 0, false, true],
] as const)('%s, silent for %d ms: present %s, answers %s', (state, silentMs, present, answers) => {
  const presence = openPresence({ status: () => [status(state, silentMs)] }, { followAfter: 120_000 });
  expect(presence.online().has('cam-1')).toBe(present);
  expect(presence.answers('cam-1')).toBe(answers);
});

it('judges what was found lately again, once, when the silence has lasted', async () => {
  const clock = openFakeClock(1e12);
  const env = { ...systemEnv(openLog('silent')), clock };
  let present = true;
  const noted: unknown[] = [];
  const rows = [
    { device: 'cam-1', meaning: 'known', lastSeen: 1e12 },
    { device: 'cam-1', meaning: 'known', lastSeen: 1e12 - 3_600_000 },
    { device: 'cam-2', meaning: 'known', lastSeen: 1e12 },
  ];
  const findings = {
    list: async () => rows,
    async note(some: readonly unknown[]) {
      noted.push(some);
      return { findings: [], followed: [], proposed: [] };
    },
  };
  const registry = { list: () => [{ id: 'cam-1' }] };
  const online = () => new Set(present ? ['cam-1'] : []);
  const pass = async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(5000);
      await new Promise(setImmediate);
    }
  };
  const stop = new AbortController();
  const done = judgeAgain({ online }, { findings, registry } as never, { follow: true }, env).run(stop.signal);
  await pass();
  expect(noted).toEqual([]);
  present = false;
  await pass();
  expect(noted).toEqual([[rows[0]]]);
  stop.abort();
  clock.advance(5000);
  await done;
});
