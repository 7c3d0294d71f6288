// Cameras that are kept open although nobody looks: for their time, once each, and not beyond a bound.
import { expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { StreamSource } from '#model';
import { openWarmth } from '../../src/streams/media/warmth.ts';
import type { Paths } from '../../src/streams/path/index.ts';
import { openFakeClock } from '../fakes/clock.ts';

function opened() {
  const clock = openFakeClock(1_700_000_000_000);
  const open = new Map<string, () => void>();
  let joined = 0;
  const paths = {
    join(key: { device: string }, _: StreamSource, onEnd: () => void) {
      joined += 1;
      open.set(key.device, onEnd);
      return { leave: () => void open.delete(key.device) };
    },
  } as unknown as Paths;
  const warmth = openWarmth(paths, { clock, random: systemRandom, log: openLog('silent') });
  const keep = (device: string, forMs: number, url = 'rtsp://a/'): boolean =>
    warmth.keep({ device, channel: 1, quality: 'main', source: { url, user: '', password: '' } }, forMs);
  return { clock, open, warmth, keep, joined: () => joined };
}

it('keeps a camera for its time, and once however often it is asked', () => {
  const { clock, open, keep, joined } = opened();
  expect(keep('cam-1', 30_000)).toBe(true);
  clock.advance(20_000);
  expect(keep('cam-1', 30_000)).toBe(true);
  expect(keep('cam-1', 1_000)).toBe(true);
  clock.advance(29_000);
  expect(open.size).toBe(1);
  clock.advance(1_500);
  expect(open.size).toBe(0);
  expect(joined()).toBe(1);
});

it('gives up a camera that cannot be opened, and keeps it when it is asked anew', () => {
  const { clock, open, keep, joined } = opened();
  keep('cam-1', 30_000);
  open.get('cam-1')?.();
  expect(keep('cam-1', 30_000)).toBe(true);
  expect(joined()).toBe(2);
  clock.advance(30_000);
  expect(open.size).toBe(0);
});

it('keeps no more than 64, and lets all go at the end', () => {
  const { open, warmth, keep } = opened();
  for (let index = 0; index < 64; index += 1) expect(keep(`cam-${index}`, 30_000)).toBe(true);
  expect(keep('one-more', 30_000)).toBe(false);
  expect(keep('cam-3', 30_000)).toBe(true);
  warmth[Symbol.dispose]();
  expect(open.size).toBe(0);
});
