// Damage that the file does not notice: a flipped bit in one value costs that entry its way, and no other.
import { describe, expect, it } from 'vitest';
import { openOutbox } from '#outbox';
import { alarmBody, auditBody, readingBody } from './bodies.ts';
import { openDirectStore } from './direct-store.ts';
import { openTestOutbox } from './thread.ts';

function opened(count: number) {
  const thread = openTestOutbox(['hub']);
  for (let index = 0; index < count; index += 1) thread.append(alarmBody(`alarm-${index}`));
  const store = openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics);
  /** One bit of the brace that opens the value. */
  const flip = (...seqs: number[]) =>
    thread.db.exec(`UPDATE outbox_entry SET value = 'z' || substr(value, 2) WHERE seq IN (${seqs.join()})`);
  return { ...thread, store, outbox: openOutbox({ store }), flip };
}

describe('an entry whose value cannot be read', () => {
  it('is set aside, and all others of its claim go', async () => {
    const { outbox, flip } = opened(100);
    flip(51);
    const entries = await outbox.claim('hub', 64);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1).filter((seq) => seq !== 51));
    const [letter] = await outbox.dead({ limit: 10 });
    expect(letter).toMatchObject({ seq: 51, class: 'alarm', code: 0x99, body: undefined, value: expect.stringMatching(/^z"alarmId"/) });
    expect((await outbox.stats()).destinations[0]).toMatchObject({ pending: 99, dead: 1, claimed: 63 });
  });

  it('lets a claim go on that has found nothing else', async () => {
    const { outbox, flip } = opened(3);
    flip(1, 2);
    expect((await outbox.claim('hub', 1)).map(({ seq }) => seq)).toEqual([3]);
  });

  it('is set aside later when the store does not take it at once', async () => {
    const { outbox, flip, store } = opened(3);
    flip(1);
    store.failures.push('none', 'refused');
    await expect(outbox.claim('hub', 1)).rejects.toThrow('store.full');
    store.failures.push('none', 'lost');
    flip(2);
    expect((await outbox.claim('hub', 2)).map(({ seq }) => seq)).toEqual([3]);
    expect(await outbox.claim('hub', 1)).toEqual([]);
    expect((await outbox.stats()).destinations[0]).toMatchObject({ pending: 1, dead: 2 });
  });

  it('is counted by its class when it is dropped or gives way', async () => {
    const { append, db, flip, outbox, procedures } = opened(0);
    append(readingBody());
    append(auditBody(1));
    flip(1);
    await outbox.claim('hub', 5);
    const [letter] = await outbox.dead({ limit: 1 });
    expect(await outbox.dropDead([letter?.id ?? 0], 'damaged', 'kim')).toBe(1);
    const gap = () => procedures.claim({ destination: 'hub', limit: 5, ticket: 99 }).find(({ class: name }) => name === 'gap');
    expect(JSON.parse(gap()?.value ?? '')).toMatchObject({ class: 'reading', count: 1, kinds: { reading: 1 } });
    expect((await outbox.stats()).destinations[0]?.gaps).toMatchObject([{ class: 'reading', count: 1 }]);
    db.exec("UPDATE outbox_gap SET value = 'z' || substr(value, 2)");
    expect((await outbox.stats()).destinations[0]?.gaps).toEqual([]);
    append(readingBody());
    flip(4);
    await outbox.claim('hub', 5);
    const [next] = await outbox.dead({ limit: 1 });
    expect(await outbox.dropDead([next?.id ?? 0], 'damaged', 'kim')).toBe(1);
    expect((await outbox.stats()).destinations[0]?.gaps).toMatchObject([{ class: 'reading', count: 1 }]);
  });
});
