// The queue in front of the thread: urgent calls pass, order is kept in each lane, batches are bounded in weight, and silence is not mistaken.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCallQueue } from '../../src/store/calls.ts';
import type { Batch, Results } from '../../src/store/protocol.ts';
import { weigh } from '../../src/store/weight.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openFolder, openNoteStore } from './file.ts';
import type { NoteProcedures } from './thread-entry.ts';

interface Echo {
  echo(text: string): string;
}

function openQueue(queueLimit = 10_000) {
  const clock = openFakeClock(1_760_000_000_000);
  const batches: Batch[] = [];
  const states: boolean[] = [];
  const queue = openCallQueue(
    { queueLimit, hungAfterMs: 2000 },
    { post: (batch) => void batches.push(batch), onHung: (hung) => void states.push(hung), clock },
  );
  const answer = (batch: Batch, count = batch.targets.length, from = 0): void => {
    const results: Results = {
      type: 'results',
      batch: batch.id,
      values: batch.arguments.slice(from, from + count),
      faults: new Map(),
      topics: [],
      fsyncMs: 1,
    };
    queue.settle(results);
  };
  return { queue, clock, batches, states, answer };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );

describe('the queue', () => {
  it('sends urgent calls beside a batch that is under way', async () => {
    const { queue, batches, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    const urgent = queue.procedures<Echo>('room', { urgent: true });
    const answered: unknown[] = [];
    for (const text of ['a', 'b']) void calls.echo(text).then((value) => answered.push(value));
    await turn();
    for (const text of ['c', 'd']) void calls.echo(text).then((value) => answered.push(value));
    for (const text of ['u', 'v']) void urgent.echo(text).then((value) => answered.push(value));
    await turn();
    expect(batches.map((batch) => [batch.urgent, ...batch.arguments])).toEqual([
      [false, 'a', 'b'],
      [true, 'u', 'v'],
    ]);
    const [first, second] = batches;
    if (second) answer(second);
    if (first) answer(first);
    await turn();
    expect(answered).toEqual(['u', 'v', 'a', 'b']);
    expect(batches.at(-1)?.arguments).toEqual(['c', 'd']);
  });

  it('answers a batch piece by piece', async () => {
    const { queue, batches, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    const answered: unknown[] = [];
    for (const text of ['a', 'b', 'c']) void calls.echo(text).then((value) => answered.push(value));
    await turn();
    const [batch] = batches;
    if (!batch) throw new Error('no batch');
    answer(batch, 2);
    await turn();
    expect(answered).toEqual(['a', 'b']);
    answer(batch, 1, 2);
    await turn();
    expect(answered).toEqual(['a', 'b', 'c']);
  });

  it('keeps places for urgent calls, however many others wait', async () => {
    const { queue } = openQueue(4000);
    const calls = queue.procedures<Echo>('room');
    const urgent = queue.procedures<Echo>('room', { urgent: true });
    const codes = new Set<unknown>();
    for (let index = 0; index < 3001; index += 1) void codeOf(calls.echo('x')).then((code) => codes.add(code));
    await turn();
    expect([...codes]).toEqual(['store.full']);
    expect(queue.waiting()).toBe(2000);
    codes.clear();
    for (let index = 0; index < 3001; index += 1) void codeOf(urgent.echo('x')).then((code) => codes.add(code));
    await turn();
    expect(queue.waiting()).toBe(3000);
    expect([...codes]).toEqual(['store.full']);
  });

  it('calls the thread hung after its limit, and well again when it answers', async () => {
    const { queue, clock, batches, states, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    const underWay = codeOf(calls.echo('a'));
    await turn();
    const waiting = codeOf(calls.echo('b'));
    clock.advance(1990);
    expect(states).toEqual([]);
    clock.advance(40);
    expect(states).toEqual([true]);
    expect(await Promise.all([underWay, waiting, codeOf(calls.echo('c'))])).toEqual(['store.hung', 'store.hung', 'store.hung']);
    const [batch] = batches;
    if (batch) answer(batch);
    expect(states).toEqual([true, false]);
    const later = codeOf(calls.echo('d'));
    await turn();
    expect(batches.at(-1)?.arguments).toEqual(['d']);
    const next = batches.at(-1);
    if (next) answer(next);
    expect(await later).toBe('done');
  });

  it('notices a second silence while a given-up batch is still under way', async () => {
    const { queue, clock, batches, states, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    void codeOf(calls.echo('a'));
    void codeOf(calls.echo('b'));
    await turn();
    clock.advance(2100);
    const [batch] = batches;
    // One call of two is answered, then silence again.
    if (batch) answer(batch, 1);
    const waiting = codeOf(calls.echo('c'));
    await turn();
    expect(batches).toHaveLength(1);
    clock.advance(2100);
    expect(states).toEqual([true, false, true]);
    expect(await waiting).toBe('store.hung');
  });

  it('does not call a thread hung that answers in time, however long the load lasts', async () => {
    const { queue, clock, batches, states, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    for (let round = 0; round < 20; round += 1) {
      void calls.echo('a');
      await turn();
      clock.advance(1500);
      const batch = batches.at(-1);
      if (batch) answer(batch);
    }
    clock.advance(60_000);
    expect(states).toEqual([]);
  });

  it('puts no more than 1 MiB and 1,000 calls into a batch', async () => {
    const { queue, batches, answer } = openQueue();
    const calls = queue.procedures<Echo>('room');
    for (let call = 0; call < 40; call += 1) void calls.echo('x'.repeat(100_000));
    for (let call = 0; call < 1500; call += 1) void calls.echo('y');
    await turn();
    for (let round = 0; round < 10; round += 1) {
      const batch = batches.at(-1);
      if (batch && batches.length === round + 1) answer(batch);
    }
    expect(batches[0]?.targets).toHaveLength(11);
    expect(Math.max(...batches.map((batch) => batch.targets.length))).toBeLessThanOrEqual(1000);
    expect(batches.reduce((sum, batch) => sum + batch.targets.length, 0)).toBe(1540);
  });
});

describe('the weight of an argument', () => {
  it('is of the order of its JSON', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text: fc.string({ maxLength: 200 }), value: fc.double(), list: fc.array(fc.nat(), { maxLength: 5 }) }), {
          maxLength: 8,
        }),
        (value) => {
          const json = JSON.stringify(value).length;
          expect(weigh(value)).toBeGreaterThanOrEqual(json / 8);
          expect(weigh(value)).toBeLessThanOrEqual(64 + json * 4);
        },
      ),
    );
    expect(weigh({ bytes: new Uint8Array(5000) })).toBeGreaterThan(5000);
    expect(weigh(Array.from({ length: 1000 }, () => 'x'.repeat(100)))).toBeGreaterThan(100_000);
  });
});

describe('urgent calls of a real store', () => {
  it('are committed before those that have waited longer', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const notes = store.procedures<NoteProcedures>('notes');
    const urgent = store.procedures<NoteProcedures>('notes', { urgent: true });
    const slow = Promise.all(Array.from({ length: 300 }, () => notes.dawdle(2)));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const startMs = performance.now();
    await Promise.all([urgent.write('first'), urgent.write('second')]);
    const tookMs = performance.now() - startMs;
    expect(await Promise.race([slow.then(() => 'all'), Promise.resolve('some')])).toBe('some');
    expect(tookMs).toBeLessThan(200);
    await slow;
    expect(await notes.list()).toEqual(['first', 'second']);
  });
});
