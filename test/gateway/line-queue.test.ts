// What waits in memory for the line: gravest first, of one alarm one after the other, against the plainest account of it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openLineQueue, type Waiting } from '../../src/gateway/line-queue.ts';

const one = (subject: string, lane: number): Waiting => ({ subject, lane });

it('gives the gravest that is the first of its alarm, and the next when that is through', () => {
  const queue = openLineQueue();
  const [motion, calm, smoke, end] = [one('m', 2), one('m', 2), one('s', 0), one('s', 0)];
  for (const each of [motion, calm, smoke, end]) queue.add(each);
  expect([queue.take(8), queue.take(8), queue.take(8)]).toEqual([smoke, motion, undefined]);
  queue.settle(smoke, true);
  queue.settle(motion, false);
  expect(queue.take(1)).toBe(end);
  expect(queue.take(1)).toBeUndefined();
  expect(queue.take(8)).toBe(motion);
});

it('forgets what the store has, but not what is on its way', () => {
  const queue = openLineQueue();
  const [first, second, third] = [one('s', 0), one('s', 0), one('s', 0)];
  for (const each of [first, second, third]) queue.add(each);
  expect(queue.take(8)).toBe(first);
  queue.drop(first);
  queue.drop(second);
  expect(queue.take(8)).toBeUndefined();
  queue.settle(first, true);
  expect(queue.take(8)).toBe(third);
  queue.drop(third);
  queue.settle(third, false);
  expect(queue.take(8)).toBeUndefined();
});

const act = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('add' as const), subject: fc.constantFrom('a', 'b', 'c'), lane: fc.constantFrom(0, 2) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('take' as const) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('settle' as const), isSent: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('drop' as const), at: fc.nat(5) }) },
);

it('never lets a step overtake another of its alarm, and loses none', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
      const queue = openLineQueue();
      const waiting: Waiting[] = [];
      const underway: Waiting[] = [];
      const dropped = new Set<Waiting>();
      for (const step of acts) {
        if (step.what === 'add') {
          const added = one(step.subject, step.lane);
          waiting.push(added);
          queue.add(added);
        } else if (step.what === 'take') {
          const taken = queue.take(8);
          const firsts = waiting.filter(
            (each) =>
              waiting.find(({ subject }) => subject === each.subject) === each && !underway.some(({ subject }) => subject === each.subject),
          );
          expect(taken === undefined).toBe(firsts.length === 0);
          if (!taken) continue;
          expect(firsts).toContain(taken);
          expect(taken.lane).toBe(Math.min(...firsts.map(({ lane }) => lane)));
          underway.push(taken);
        } else if (step.what === 'settle') {
          const settled = underway.shift();
          if (!settled) continue;
          if (step.isSent || dropped.has(settled)) waiting.splice(waiting.indexOf(settled), 1);
          queue.settle(settled, step.isSent);
        } else {
          const gone = waiting[step.at];
          if (!gone) continue;
          dropped.add(gone);
          queue.drop(gone);
          if (!underway.includes(gone)) waiting.splice(step.at, 1);
        }
      }
    }),
  );
});
