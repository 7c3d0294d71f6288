// A clock that jumps a day, runs backwards or was never set: the outbox goes by its own numbers.
import { expect, it } from 'vitest';
import { alarmBody, conditionBody, readingBody } from './bodies.ts';
import { openTestOutbox } from './thread.ts';

const dayMs = 86_400_000;

it('hands out by commit, with contiguous sequences and ids of their own, whatever the clock says', () => {
  const { append, claim, procedures, world } = openBench();
  const start = world.time;
  const clock = [0, dayMs, -dayMs, 5000 - start, 0, -1, 30 * dayMs, -start, 0];
  for (const [index, jump] of clock.entries()) {
    world.time = start + jump;
    append(alarmBody(`a-${index}`));
  }
  const entries = claim(100);
  expect(entries.map(alarmOf)).toEqual(clock.map((_, index) => `a-${index}`));
  const [first = 0] = entries.map(({ sequence }) => sequence);
  expect(entries.map(({ sequence }) => sequence)).toEqual(clock.map((_, index) => first + index));
  expect(new Set(entries.map(({ id }) => id)).size).toBe(clock.length);
  // Within one millisecond of a clock that stands still, too.
  world.time = 0;
  for (let index = 0; index < 1000; index += 1) append(alarmBody(`b-${index}`));
  procedures.confirm({ destination: 'hub', seqs: entries.map(({ seq }) => seq) });
  const more = claim(1000);
  expect(new Set(more.map(({ id }) => id)).size).toBe(1000);
});

it('keeps the steps of one alarm in order when its end bears an older time than its onset', () => {
  const { append, claim, procedures, world } = openBench();
  append(alarmBody('a', 'critical', { time: world.time }));
  world.time -= dayMs;
  append(alarmBody('a', 'critical', { step: 'cleared', time: world.time }));
  const [raised, ...none] = claim(10);
  expect(JSON.parse(String(raised?.value))).toMatchObject({ step: 'raised' });
  expect(none).toEqual([]);
  procedures.confirm({ destination: 'hub', seqs: [raised?.seq ?? 0] });
  expect(claim(10).map(({ value }) => (JSON.parse(value) as { step: string }).step)).toEqual(['cleared']);
});

it('gives up nothing for its age, and says how old it is by what was written', () => {
  const { append, procedures, world, claim } = openBench();
  const written = world.time;
  append(readingBody());
  append(conditionBody('cam-1'));
  world.time += 400 * dayMs;
  expect(procedures.stats().destinations).toMatchObject([{ pending: 2, oldestRecordedTime: written }]);
  world.time = 0;
  expect(claim(10)).toHaveLength(2);
});

function openBench() {
  const outbox = openTestOutbox(['hub']);
  let ticket = 0;
  const claim = (limit: number) => {
    ticket += 1;
    return outbox.procedures.claim({ destination: 'hub', limit, ticket });
  };
  return { ...outbox, claim };
}

function alarmOf({ value }: { readonly value: string }): string {
  return (JSON.parse(value) as { alarmId: string }).alarmId;
}
