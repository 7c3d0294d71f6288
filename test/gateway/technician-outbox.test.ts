// The technician at outbox and store: what is decided is on the audit first, copies tell how far they are, the history comes in bounded pages.
import { describe, expect, it } from 'vitest';
import { openLog, systemClock, systemRandom } from '#base';
import type { CallContext } from '#control';
import type { Transition } from '#model';
import type { DeadLetter } from '#outbox';
import { openTechnicianOutbox, type TechnicianOutboxDeps } from '../../src/gateway/technician-outbox.ts';

const context: CallContext = { origin: 'cli:kim (claimed)', signal: new AbortController().signal };

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const transition = (time: number): Transition => ({
  alarmId: 'a',
  step: 'raised',
  device: 'smoke-1',
  channel: '1',
  kind: 'smoke',
  severity: 'critical',
  time,
  clockQuality: 'receipt',
  detail: {},
  test: false,
});

function opened({ letters = 0, rows = 0 }: { letters?: number; rows?: number } = {}) {
  const story: string[] = [];
  let dead: DeadLetter[] = Array.from({ length: letters }, (_, at) => ({
    id: at + 1,
    destination: 'hub',
    seq: at + 1,
    entryId: `e-${at + 1}`,
    class: 'alarm',
    sequence: at + 1,
    code: at === 1 ? 403 : 0x87,
    text: 'no',
    time: 5,
    value: at === 4 ? 'z"' : JSON.stringify(transition(0)),
    body: at === 4 ? undefined : { class: 'alarm', value: transition(0) },
  }));
  const take = (act: string, ids: readonly number[]): number => {
    story.push(`${act} ${ids.length}`);
    const before = dead.length;
    dead = dead.filter(({ id }) => !ids.includes(id));
    return before - dead.length;
  };
  const pages: number[] = [];
  const deps: TechnicianOutboxDeps = {
    access: { account: async ({ act, by, detail }) => void story.push(`${by} ${act} ${detail}`) },
    outbox: {
      dead: async ({ after = 0, limit }) => dead.filter(({ id }) => id > after).slice(0, limit),
      retryDead: async (ids) => take('retry', ids),
      dropDead: async (ids, reason, by) => take(`drop ${reason} ${by}`, ids),
      stats: async () => ({ entries: 0, sizeBytes: 0, destinations: [] }),
    },
    alarms: {
      async transitions(after, limit) {
        pages.push(limit);
        const from = after ?? rows - limit;
        return Array.from({ length: Math.min(limit, rows - from) }, (_, at) => ({
          row: from + at + 1,
          transition: transition((from + at + 1) * 1000),
        }));
      },
    },
    store: {
      async backup(path, onProgress = () => {}) {
        story.push(`backup ${path}`);
        for (let copiedPages = 1; copiedPages <= 100; copiedPages += 1) onProgress({ copiedPages, totalPages: 200 });
        await systemClock.sleep(700);
        return { bytes: 4096 };
      },
    },
  };
  const handlers = openTechnicianOutbox(deps, { clock: systemClock, random: systemRandom, log: openLog('silent') });
  return { handlers, story, pages };
}

describe('dead letters', () => {
  it('are listed and shown with what they are about', async () => {
    const { handlers } = opened({ letters: 5 });
    const { letters } = await handlers['outbox.dead']({ limit: 2, after: 1 }, context);
    expect(letters).toMatchObject([{ id: 2, class: 'alarm', about: 'smoke smoke-1/1' }, { id: 3 }]);
    expect(letters.map(({ message }) => message.en)).toEqual(['The receiver does not allow it', 'The broker does not allow it']);
    expect(await handlers['outbox.dead-show']({ id: 3 }, context)).toMatchObject({ letter: { entryId: 'e-3' }, value: { alarmId: 'a' } });
    expect(await handlers['outbox.dead-show']({ id: 5 }, context)).toMatchObject({ letter: { class: 'alarm', about: '' }, value: 'z"' });
    await expect(handlers['outbox.dead-show']({ id: 6 }, context)).rejects.toThrow(/no such dead letter: 6/);
  });

  it('are dropped after who, why and which are on the audit; only those that there are', async () => {
    const { handlers, story } = opened({ letters: 9 });
    expect(await handlers['outbox.dead-drop']({ ids: [7, 2, 3, 7, 40], reason: 'old format' }, context)).toEqual({ count: 3 });
    expect(story).toEqual(['cli:kim (claimed) outbox.dead-drop old format; 3: 2-3, 7', 'drop old format cli:kim (claimed) 3']);
    await expect(handlers['outbox.dead-drop']({ ids: [7], reason: 'again' }, context)).rejects.toThrow(/no such dead letter/);
    expect(story).toHaveLength(2);
  });

  it('are all retried in pages, each on the audit', async () => {
    const { handlers, story } = opened({ letters: 2500 });
    expect(await handlers['outbox.dead-retry']({ ids: 'all' }, context)).toEqual({ count: 2500 });
    expect(story).toEqual([
      'cli:kim (claimed) outbox.dead-retry 1000: 1-1000',
      'retry 1000',
      'cli:kim (claimed) outbox.dead-retry 1000: 1001-2000',
      'retry 1000',
      'cli:kim (claimed) outbox.dead-retry 500: 2001-2500',
      'retry 500',
    ]);
    expect(await handlers['outbox.dead-retry']({ ids: 'all' }, context)).toEqual({ count: 0 });
  });
});

describe('a backup', () => {
  it('is on the audit first, tells the newest word of how far it is, and its end', async () => {
    const { handlers, story } = opened();
    expect(await collected(handlers['outbox.backup']({ path: '/b.db' }, context))).toEqual([
      { copiedPages: 100, totalPages: 200 },
      { path: '/b.db', bytes: 4096 },
    ]);
    expect(story).toEqual(['cli:kim (claimed) outbox.backup /b.db', 'backup /b.db']);
  });
});

describe('an export', () => {
  it.each([
    [{}, 1, 1234],
    [{ from: 3000, to: 6000 }, 3, 5],
    [{ from: 9e9 }, undefined, undefined],
  ])('of %j gives rows %j to %j, page by page', async (range, first, last) => {
    const { handlers, pages } = opened({ rows: 1234 });
    const items = await collected(handlers['outbox.export']({ ...range }, context));
    expect([items[0]?.row, items.at(-1)?.row]).toEqual([first, last]);
    if (first !== undefined && last !== undefined) expect(items).toHaveLength(last - first + 1);
    expect(Math.max(...pages)).toBeLessThanOrEqual(200);
  });

  it('of nothing ends', async () => {
    expect(await collected(opened().handlers['outbox.export']({}, context))).toEqual([]);
  });
});
