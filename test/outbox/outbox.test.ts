// The outbox's door: entries as domain values, wake-ups, and calls that fail on their way.
import { describe, expect, it } from 'vitest';
import { openOutbox } from '#outbox';
import { alarmBody, auditBody, conditionBody, reading } from './bodies.ts';
import { openDirectStore } from './direct-store.ts';
import { openTestOutbox } from './thread.ts';

function opened(alarms: number, destinations: readonly string[] = ['hub']) {
  const thread = openTestOutbox(destinations);
  for (let index = 0; index < alarms; index += 1) thread.append(alarmBody(`a-${index}`));
  const store = openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics);
  return { ...thread, store, outbox: openOutbox({ store }) };
}

describe('the outbox', () => {
  it('hands out entries as domain values', async () => {
    const { outbox, append, world } = opened(0);
    append(conditionBody('cam-1'));
    const [entry] = await outbox.claim('hub', 10);
    expect(entry).toEqual({
      seq: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sequence: 1,
      bootId: 'boot-1',
      recordedTime: world.time,
      lane: 6,
      body: conditionBody('cam-1'),
    });
    expect(await outbox.head()).toBe(1);
  });

  it('wakes its watchers when a release makes entries claimable', async () => {
    const { outbox } = opened(2);
    const [entry] = await outbox.claim('hub', 1);
    let woken = 0;
    const watch = outbox.watch(() => {
      woken += 1;
    });
    await outbox.release('hub', [entry?.seq ?? 0]);
    expect(woken).toBe(1);
    await outbox.releaseAll('hub');
    expect(woken).toBe(2);
    watch[Symbol.dispose]();
    await outbox.releaseAll('hub');
    expect(woken).toBe(2);
  });

  it('hands out the first lanes alone when asked', async () => {
    const { outbox, append } = opened(1);
    append(auditBody(1));
    expect((await outbox.claim('hub', 10, { lanes: 1 })).map((entry) => entry.seq)).toEqual([1]);
    expect((await outbox.claim('hub', 10, { lanes: 6 })).map((entry) => entry.seq)).toEqual([]);
    expect((await outbox.claim('hub', 10)).map((entry) => entry.seq)).toEqual([2]);
  });

  it('keeps what a destination refused as a letter that can be read, retried and dropped', async () => {
    const { outbox } = opened(2);
    await outbox.claim('hub', 2);
    await outbox.setAside('hub', [{ seq: 1, code: 0x87, text: 'not authorized' }]);
    const [letter, ...others] = await outbox.dead({ limit: 10 });
    expect(letter).toMatchObject({ destination: 'hub', seq: 1, sequence: 1, code: 0x87, text: 'not authorized', body: alarmBody('a-0') });
    expect(others).toEqual([]);
    expect(await outbox.retryDead([letter?.id ?? 0])).toBe(1);
    expect((await outbox.claim('hub', 2)).map((entry) => entry.seq)).toEqual([1]);
    await outbox.setAside('hub', [{ seq: 1, code: 0x87, text: 'not authorized' }]);
    const again = await outbox.dead({ destination: 'hub', limit: 10 });
    expect(await outbox.dropDead([again[0]?.id ?? 0], 'of no use', 'cli:kim')).toBe(1);
    expect(await outbox.dead({ limit: 10 })).toEqual([]);
  });

  it('takes batches of readings, each as one entry', async () => {
    const { outbox } = opened(0);
    await outbox.appendReadings([[reading(1), reading(2)], [reading(3)]]);
    expect((await outbox.claim('hub', 5)).map(({ body, lane }) => [body.value, lane])).toEqual([
      [[reading(1), reading(2)], 7],
      [[reading(3)], 7],
    ]);
  });

  it.each(['refused', 'lost'] as const)('remembers what a turn told that was %s', async (failure) => {
    const { outbox, store } = opened(4);
    await outbox.claim('hub', 3);
    store.failures.push(failure);
    const turn = { confirm: [1], setAside: [{ seq: 2, code: 0x99, text: 'no' }], claim: { limit: 1 } };
    await expect(outbox.turn('hub', turn)).rejects.toThrow(/store/);
    expect((await outbox.turn('hub', { confirm: [3], claim: { limit: 5 } })).map((entry) => entry.seq)).toEqual([4]);
    expect((await outbox.stats()).destinations[0]).toMatchObject({ pending: 1, dead: 1, claimed: 1 });
  });

  it.each(['refused', 'lost'] as const)('hands out what a claim that was %s would have', async (failure) => {
    const { outbox, store } = opened(3);
    store.failures.push(failure);
    await expect(outbox.claim('hub', 2)).rejects.toThrow(/store/);
    expect((await outbox.claim('hub', 3)).map((entry) => entry.seq)).toEqual([1, 2, 3]);
  });

  it.each(['refused', 'lost'] as const)('remembers confirmations that were %s', async (failure) => {
    const { outbox, store } = opened(3);
    await outbox.claim('hub', 2);
    store.failures.push(failure);
    await expect(outbox.confirm('hub', [1, 2])).rejects.toThrow(/store/);
    expect((await outbox.claim('hub', 3)).map((entry) => entry.seq)).toEqual([3]);
    expect((await outbox.stats()).destinations[0]).toMatchObject({ pending: 1 });
  });

  it('hands nothing out twice to claims that overlap', async () => {
    const { outbox } = opened(6);
    const claims = await Promise.all([outbox.claim('hub', 2), outbox.claim('hub', 2), outbox.claim('hub', 5)]);
    expect(claims.flat().map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('tells what removed destinations were owed and clears it away', async () => {
    const { db } = opened(3, ['hub', 'old']);
    const thread = openTestOutbox(['hub'], db);
    const outbox = openOutbox({ store: openDirectStore(db, { outbox: thread.procedures }, thread.world.topics) });
    expect(await outbox.dropped()).toEqual([{ destination: 'old', entries: 3 }]);
    expect(await outbox.sweep(100)).toEqual({ removed: 0, done: true });
    await outbox.confirm('hub', [1, 2, 3]);
    expect((await outbox.stats()).entries).toBe(0);
  });
});
