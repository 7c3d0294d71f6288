// The outbox's door: entries as domain values, wake-ups, and calls that fail on their way.
import { describe, expect, it } from 'vitest';
import { openOutbox } from '#outbox';
import { alarmBody, auditBody, conditionBody } from './bodies.ts';
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
      lane: 3,
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

  it('hands out the graver lanes alone when asked, and gives back all that was set aside', async () => {
    const { outbox, append } = opened(1);
    for (let row = 1; row <= 1100; row += 1) append(auditBody(row));
    expect((await outbox.claim('hub', 10, { lanes: 1 })).map((entry) => entry.seq)).toEqual([1]);
    const heads = [...(await outbox.claim('hub', 1000)), ...(await outbox.claim('hub', 1000))].map((entry) => entry.seq);
    await outbox.setAside('hub', heads);
    expect(await outbox.claim('hub', 10)).toEqual([]);
    await outbox.releaseAll('hub');
    expect([...(await outbox.claim('hub', 1000)), ...(await outbox.claim('hub', 1000))]).toHaveLength(1101);
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
