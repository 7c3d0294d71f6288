// A camera that sends too much is left alone for a while, and whoever asks for it meanwhile is told why.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { openPaths } from '../../src/streams/path/index.ts';
import { openFakeClock } from '../fakes/clock.ts';

it('is not opened again within half a minute', async () => {
  const clock = openFakeClock(1_700_000_000_000);
  let opened = 0;
  const deps = {
    async runSource() {
      opened += 1;
      return { reason: 'malformed', words: 'too-fast', detail: '' } as const;
    },
    readBuffer: Buffer.alloc(1),
    events: { sourceOpened: () => {}, sourceClosed: () => {}, sourceFailed: () => {} },
  };
  const options = { closeAfterMs: 1_000, openTimeoutMs: 5_000, frameTimeoutMs: 5_000 };
  using paths = openPaths(options, deps, { clock, random: systemRandom, log: openLog('silent') });
  const ask = async () => {
    const source = { url: 'rtsp://10.1.2.3/live', user: '', password: '' };
    const member = paths.join({ device: 'cam-1', channel: 1, quality: 'main' }, source, () => {});
    const description = await member.describe();
    member.leave();
    return description;
  };
  const told = { ok: false, failure: { words: 'too-fast' } };
  expect([await ask(), await ask()]).toMatchObject([told, told]);
  clock.advance(29_999);
  expect(await ask()).toMatchObject(told);
  expect(opened).toBe(1);
  clock.advance(1);
  await ask();
  expect(opened).toBe(2);
});
