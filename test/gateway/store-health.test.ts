// The store's health: failures are told when they are over, damage and restores audited and told once, figures kept for a disk that is silent.
import { describe, expect, it } from 'vitest';
import { BongsuError, openLog, sameText, systemRandom } from '#base';
import type { Condition } from '#model';
import type { Calls, Store, StoreHealth } from '#store';
import type { RestateCursor } from '../../src/alarms/restate.ts';
import { openFigures } from '../../src/gateway/figures.ts';
import { openStoreCare } from '../../src/gateway/store-health.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { wellStore } from '../fakes/store.ts';

const damage = {
  time: 500,
  what: 'file' as const,
  setAside: '/var/lib/bongsu/bongsu.db.damaged-500',
  salvagedRows: { alarm: 40, outbox_entry: 2 },
  lostTables: ['alarm_occurrence'],
  error: 'database disk image is malformed',
};

function opened(past: { damage?: typeof damage; restored?: ReturnType<Store['restored']> } = {}) {
  const clock = openFakeClock(1000);
  const marks = { ...past };
  let health = wellStore.health();
  const listeners = new Set<() => void>();
  const told: Condition[] = [];
  const story: string[] = [];
  let held: Promise<void> = Promise.resolve();
  const store: Store = {
    ...wellStore,
    procedures: <P extends object>() =>
      ({
        dropMark: async ({ name }: { name: 'damage' | 'restored' }) => {
          story.push(`drop ${name}`);
          return delete marks[name];
        },
      }) as unknown as Calls<P>,
    watch(_topic, listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    crashed: new Promise<never>(() => {}),
    health: () => health,
    damage: () => marks.damage,
    restored: () => marks.restored,
    [Symbol.asyncDispose]: async () => {},
  };
  const intake = {
    condition: async (step: Condition) => {
      await held;
      told.push(step);
      story.push(`${step.kind} ${step.state} ${step.time}`);
    },
  };
  const access = {
    account: async ({ act, by, detail }: { act: string; by: string; detail: string }) => void story.push(`audit ${act} ${by} ${detail}`),
  };
  const alarms = {
    async restate(after: RestateCursor | undefined): Promise<RestateCursor | undefined> {
      story.push(`restate ${JSON.stringify(after) ?? 'all'}`);
      return after ? undefined : { row: 200 };
    },
  };
  const care = openStoreCare({ store, intake, access, alarms }, { clock, random: systemRandom, log: openLog('silent') });
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  const turn = (reason: StoreHealth['reason'], since: number): void => {
    health = {
      ...health,
      state: reason === '' ? 'ok' : 'failing',
      reason,
      since,
      lastError: reason === '' ? health.lastError : `disk ${reason}`,
    };
    wake();
  };
  const stop = new AbortController();
  return {
    care,
    listeners,
    story,
    told,
    turn,
    run: () => care.service.run(stop.signal),
    end: () => stop.abort(),
    settled: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
    hold(until: Promise<void>) {
      held = until;
    },
    damageNow() {
      marks.damage = damage;
      wake();
    },
  };
}

const cleanStart = ['store-failing cleared 1000', 'store-damaged cleared 1000'];

describe('a store that fails', () => {
  it('stands in memory at once, and is told with its times when it works again', async () => {
    const { care, story, told, turn, run, end, settled } = opened();
    const running = run();
    await settled();
    expect(story.splice(0)).toEqual(cleanStart);
    turn('hung', 2000);
    await settled();
    expect(care.standing()).toMatchObject({ device: 'gateway', kind: 'store-failing', state: 'raised', severity: 'major', time: 2000 });
    expect(care.standing()?.message.ko).toMatch(/디스크/);
    expect(story).toEqual([]);
    turn('', 5000);
    await settled();
    expect(care.standing()).toBeUndefined();
    expect(story).toEqual(['store-failing raised 2000', 'store-failing cleared 5000']);
    expect(told.at(-2)).toMatchObject({ detail: 'disk hung' });
    end();
    await running;
  });

  it('in several ways on end is one failure, counted by reason', async () => {
    const { care, story, turn, run, end, settled } = opened();
    const running = run();
    await settled();
    story.length = 0;
    turn('hung', 2000);
    turn('io', 3000);
    turn('hung', 4000);
    turn('', 5000);
    await settled();
    expect(story).toEqual(['store-failing raised 2000', 'store-failing cleared 5000']);
    expect(care.failures()).toEqual({ hung: 2, full: 0, io: 1 });
    end();
    await running;
  });

  it('again and again while the first is being told is told as one more', async () => {
    const { story, turn, run, end, settled, hold } = opened();
    const running = run();
    await settled();
    story.length = 0;
    const gate = Promise.withResolvers<void>();
    hold(gate.promise);
    for (const at of [2000, 3000, 4000]) {
      turn('full', at);
      turn('', at + 500);
      await settled();
    }
    gate.resolve();
    await settled();
    expect(story).toEqual([
      'store-failing raised 2000',
      'store-failing cleared 2500',
      'store-failing raised 3000',
      'store-failing cleared 4500',
    ]);
    end();
    await running;
  });

  it('before the story runs is not forgotten, and nothing listens after it', async () => {
    const { story, turn, run, end, settled, listeners } = opened();
    turn('io', 100);
    const running = run();
    await settled();
    expect(story.splice(0)).toEqual(['store-damaged cleared 1000']);
    turn('', 900);
    await settled();
    expect(story).toEqual(['store-failing raised 100', 'store-failing cleared 900']);
    end();
    await running;
    expect(listeners.size).toBe(0);
  });
});

describe('a damaged file', () => {
  it('is audited, told with what was saved, and its mark dropped; an earlier damage ends', async () => {
    const { story, told, run, end, settled } = opened({ damage });
    const running = run();
    await settled();
    expect(story.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'store-failing cleared',
      'audit store.damaged',
      'store-damaged cleared',
      'store-damaged raised',
      'restate all',
      'restate {"row":200}',
      'drop damage',
    ]);
    expect(told.at(-1)).toMatchObject({
      kind: 'store-damaged',
      severity: 'major',
      time: 500,
      message: { en: expect.stringContaining('42 rows'), ko: expect.stringContaining('42행') },
      detail: `${damage.setAside}; lost: alarm_occurrence; ${damage.error}`,
    });
    expect(told.at(-1)?.message.en).not.toContain('/var');
    end();
    await running;
  });

  it('is told too when it is met in use', async () => {
    const { story, run, end, settled, damageNow } = opened();
    const running = run();
    await settled();
    expect(story.splice(0)).toEqual(cleanStart);
    damageNow();
    await settled();
    expect(story.at(-1)).toBe('drop damage');
    expect(story).toHaveLength(6);
    end();
    await running;
  });
});

describe('a restored file', () => {
  it('is audited in the name of who did it', async () => {
    const { story, run, end, settled } = opened({ restored: { time: 0, from: '/media/usb/b.db', setAside: '/x.replaced-0', by: 'kim' } });
    const running = run();
    await settled();
    expect(story).toEqual([
      'store-failing cleared 1000',
      'audit store.restored gateway 1970-01-01T00:00:00.000Z by kim from /media/usb/b.db, former file: /x.replaced-0',
      'restate all',
      'restate {"row":200}',
      'drop restored',
      'store-damaged cleared 1000',
    ]);
    end();
    await running;
  });
});

describe('figures', () => {
  it('are the last ones while the store does not answer, and another failure stays one', async () => {
    const clock = openFakeClock(7000);
    let fails: Error | undefined;
    let entries = 3;
    const give = async <T>(value: T): Promise<T> => {
      if (fails) throw fails;
      return value;
    };
    const counts = { open: 1, openTest: 0, conditions: 0, raised: 0, updated: 0, cleared: 0, duplicates: 0, withheld: 0 };
    const read = openFigures(
      {
        alarms: { counts: () => give(counts), openConditions: () => give([]) },
        outbox: { stats: () => give({ entries, sizeBytes: 0, destinations: [] }) },
        access: { openGrants: () => give([]) },
      },
      { clock },
    );
    const hung = new BongsuError('store.hung', { message: sameText('hung'), hint: sameText('-') });
    fails = hung;
    expect(await read()).toMatchObject({ readAt: undefined, openGrants: 0 });
    fails = undefined;
    expect(await read()).toMatchObject({ readAt: 7000, outbox: { entries: 3 } });
    clock.advance(1000);
    entries = 4;
    fails = hung;
    expect(await read()).toMatchObject({ readAt: 7000, outbox: { entries: 3 } });
    fails = new Error('a defect');
    await expect(read()).rejects.toThrow('a defect');
  });
});
