// How many datagrams are read: some of each sender in a second, and of all, so that a flood takes a part of the processor and not all of it.
import { expect, it } from 'vitest';
import { openMeter } from '../../../src/cameras/discovery/meter.ts';
import { openFakeClock } from '../../fakes/clock.ts';

it('lets so many of each sender and of all pass in a second', async () => {
  const clock = openFakeClock(0);
  const meter = openMeter({ each: 2, all: 3 }, clock);
  expect(['a', 'a', 'a', 'b', 'c'].map((sender) => meter.passes(sender))).toEqual([true, true, false, true, false]);
  clock.advance(999);
  expect(meter.passes('c')).toBe(false);
  clock.advance(1);
  expect(['c', 'a', 'a', 'a'].map((sender) => meter.passes(sender))).toEqual([true, true, true, false]);
});
