// What is due when: each in its time and once, by one timer however many there are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openDues } from '../../src/sensors/dues.ts';
import { openFakeClock } from '../fakes/clock.ts';

it('calls each key at its last time and once, with one timer at most', () => {
  const set = fc.record({
    key: fc.integer({ min: 0, max: 5 }),
    inMs: fc.option(fc.integer({ min: 0, max: 1000 })),
    waitMs: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(set, { maxLength: 40 }), (sets) => {
      const clock = openFakeClock(0);
      const dues = openDues(clock);
      const expected = new Map<number, number>();
      const called: string[] = [];
      const meant: string[] = [];
      const pass = (ms: number): void => {
        const until = clock.monotonicMs() + ms;
        meant.push(
          ...[...expected]
            .filter(([, at]) => at <= until)
            .toSorted(([, a], [, b]) => a - b)
            .map(([key, at]) => `${at} ${key}`),
        );
        for (const [key, at] of expected) if (at <= until) expected.delete(key);
        clock.advance(ms);
      };
      for (const { key, inMs, waitMs } of sets) {
        const at = inMs === null ? undefined : clock.monotonicMs() + inMs;
        if (at === undefined) expected.delete(key);
        else expected.set(key, at);
        dues.set(String(key), at, () => called.push(`${clock.monotonicMs()} ${key}`));
        expect(clock.pending).toBeLessThanOrEqual(1);
        pass(waitMs);
      }
      pass(2000);
      expect(called.toSorted()).toEqual(meant.toSorted());
      expect(clock.pending).toBe(0);
    }),
  );
});

it('gives the thread back between hundreds that are due at once, and forgets all when it is disposed of', () => {
  const clock = openFakeClock(0);
  const dues = openDues(clock);
  let called = 0;
  for (let key = 0; key < 350; key += 1) dues.set(`k${key}`, clock.monotonicMs() + 10, () => (called += 1));
  clock.advance(10);
  expect(called).toBe(350);
  for (let key = 0; key < 5000; key += 1) dues.set('one', clock.monotonicMs() + 10 + (key % 7), () => (called += 1));
  expect(clock.pending).toBe(1);
  dues[Symbol.dispose]();
  clock.advance(100);
  expect([called, clock.pending]).toEqual([350, 0]);
});
