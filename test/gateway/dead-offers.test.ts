// Grave dead letters are offered again: rarely while they are refused, all at once when one is taken, and told to the technician.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import type { Condition, Entry } from '#model';
import { openOutbox } from '#outbox';
import { openDeadOffers } from '../../src/gateway/dead-offers.ts';
import { watchDeadLetters } from '../../src/gateway/outbox-health.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { alarmBody } from '../outbox/bodies.ts';
import { openDirectStore } from '../outbox/direct-store.ts';
import { openTestOutbox } from '../outbox/thread.ts';

function openScene(letters: number) {
  const clock = openFakeClock(0);
  const env = { clock, random: { ...systemRandom, uniform: () => 1 }, log: openLog('silent') };
  const thread = openTestOutbox(['hub']);
  for (let index = 0; index < letters; index += 1) thread.append(alarmBody(`a-${index}`));
  thread.procedures.claim({ destination: 'hub', limit: 1000, ticket: 1 });
  const items = Array.from({ length: letters }, (_, index) => ({ seq: index + 1, code: 0x87, text: 'not authorized' }));
  thread.procedures.setAside({ destination: 'hub', items });
  const outbox = openOutbox({ store: openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics) });
  const offers = openDeadOffers({ outbox, destination: 'hub' }, env);
  const offered: number[] = [];
  let answer = 'set-aside';
  const open = () => {
    const end = new AbortController();
    const session = { signal: end.signal, send: async ({ seq }: Entry) => ({ result: offered.push(seq) > 0 ? answer : '' }) };
    const running = offers.run(session as never);
    return {
      async end() {
        end.abort(new Error('over'));
        await running;
      },
    };
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  };
  return {
    clock,
    env,
    outbox,
    open,
    settle,
    takes() {
      answer = 'confirmed';
    },
    async after(ms: number) {
      await settle();
      offered.length = 0;
      clock.advance(ms);
      await settle();
      return [...offered];
    },
    state: async () => (await outbox.stats()).destinations[0],
  };
}

describe('dead offers', () => {
  it('go a few at a time, ever more rarely, and leave the letters where they are', async () => {
    const scene = openScene(6);
    const session = scene.open();
    expect(await scene.after(0)).toEqual([1, 2, 3, 4]);
    expect(await scene.after(179_999)).toEqual([]);
    expect(await scene.after(1)).toEqual([5, 6]);
    expect(await scene.after(539_999)).toEqual([]);
    expect(await scene.after(1)).toEqual([1, 2, 3, 4]);
    expect((await scene.outbox.dead({ limit: 9 })).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    await session.end();
  });

  it('go with a new session at once, but not more than once a minute', async () => {
    const scene = openScene(1);
    const first = scene.open();
    expect(await scene.after(0)).toEqual([1]);
    await first.end();
    const second = scene.open();
    expect(await scene.after(59_999)).toEqual([]);
    expect(await scene.after(1)).toEqual([1]);
    await second.end();
    await scene.after(3_600_000);
    const third = scene.open();
    expect(await scene.after(0)).toEqual([1]);
    await third.end();
  });

  it('bring all back when one is taken', async () => {
    const scene = openScene(6);
    scene.takes();
    const session = scene.open();
    expect(await scene.after(0)).toEqual([1, 2, 3, 4]);
    expect(await scene.state()).toMatchObject({ pending: 6, dead: 0 });
    expect(await scene.after(600_000)).toEqual([]);
    await session.end();
  });

  it('wait for a store that fails', async () => {
    const scene = openScene(1);
    const { graveDead } = scene.outbox;
    Object.assign(scene.outbox, { graveDead: async () => Promise.reject(new Error('disk')) });
    const session = scene.open();
    expect(await scene.after(0)).toEqual([]);
    Object.assign(scene.outbox, { graveDead });
    expect(await scene.after(60_000)).toEqual([1]);
    await session.end();
  });
});

describe('the condition dead-letters', () => {
  it('stands while there are any, over a restart and for a destination that was removed', async () => {
    const scene = openScene(2);
    const told: string[] = [];
    const end = new AbortController();
    const running = watchDeadLetters(
      {
        outbox: scene.outbox,
        intake: { condition: async ({ channel, kind, state }: Condition) => void told.push(`${kind} ${channel} ${state}`) },
        standing: async () => [{ device: 'gateway', channel: 'removed', kind: 'dead-letters', state: 'raised' } as Condition],
      },
      scene.env,
    ).run(end.signal);
    await scene.settle();
    expect(told).toEqual(['dead-letters hub raised', 'dead-letters removed cleared']);
    await scene.after(10_000);
    await scene.outbox.dropDead([1, 2], 'of no use', 'kim');
    await scene.after(10_000);
    await scene.after(10_000);
    expect(told.slice(2)).toEqual(['dead-letters hub cleared']);
    end.abort();
    await running;
  });
});
