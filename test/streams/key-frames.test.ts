// When a camera is asked for a key frame, by a clock that the test moves.
import { expect, it } from 'vitest';
import { openKeyFrames } from '../../src/streams/path/key-frames.ts';
import { openFakeClock } from '../fakes/clock.ts';

function opened() {
  const clock = openFakeClock(1_700_000_000_000);
  const askedAt: number[] = [];
  const startMs = clock.monotonicMs();
  return { clock, askedAt, keyFrames: openKeyFrames(() => askedAt.push(clock.monotonicMs() - startMs), clock) };
}

it('is asked when none came by itself, once for all who wait', () => {
  const { clock, askedAt, keyFrames } = opened();
  keyFrames.want();
  clock.advance(100);
  keyFrames.want();
  clock.advance(10_000);
  expect(askedAt).toEqual([200]);
});

it('is left alone when one came, and asked again for who comes later', () => {
  const { clock, askedAt, keyFrames } = opened();
  keyFrames.want();
  clock.advance(150);
  keyFrames.came();
  clock.advance(850);
  expect(askedAt).toEqual([]);
  keyFrames.want();
  clock.advance(500);
  expect(askedAt).toEqual([1_200]);
});

it('is not asked more often than every two seconds', () => {
  const { clock, askedAt, keyFrames } = opened();
  for (let number = 0; number < 60; number += 1) {
    keyFrames.want();
    clock.advance(100);
  }
  expect(askedAt).toEqual([200, 2_200, 4_200]);
});
