// Alarms and outbox behind the real store: many drivers at once, a close in between, and everything is delivered once and in order.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import type { Entry } from '#model';
import { openOutbox } from '#outbox';
import { openStore } from '#store';
import { report } from '../alarms/thread.ts';

it('delivers every step of every alarm once and in order, over a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-outbox-'));
  const env = systemEnv(openLog('silent'));
  const open = () =>
    openStore(
      {
        entry: new URL('store-entry.ts', import.meta.url),
        workerData: { path: join(folder, 'bongsu.db'), destinations: ['hub'] },
        queueLimit: 5000,
      },
      env,
    );
  const devices = Array.from({ length: 200 }, (_, index) => `smoke-${index}`);
  {
    await using store = await open();
    const alarms = openAlarms({ store }, env);
    const outbox = openOutbox({ store });
    let woken = 0;
    using _watch = outbox.watch(() => {
      woken += 1;
    });
    const raised = await Promise.all(devices.flatMap((device) => [1, 2].map(() => alarms.report(report({ device, occurrence: 'k' })))));
    expect(raised.map((outcome) => outcome.result)).toEqual(devices.flatMap(() => ['raised', 'duplicate']));
    await Promise.all(devices.map((device) => alarms.report(report({ device, state: 'inactive' }))));
    expect(woken).toBeGreaterThan(0);
    const entries = await outbox.claim('hub', 50);
    expect(entries).toHaveLength(50);
    await outbox.confirm(
      'hub',
      entries.map((entry) => entry.seq),
    );
    await outbox.claim('hub', 50);
  }
  {
    await using store = await open();
    const outbox = openOutbox({ store });
    expect((await outbox.stats()).destinations).toMatchObject([{ pending: 350, claimed: 0 }]);
    const delivered: Entry[] = [];
    for (let entries = await outbox.claim('hub', 64); entries.length > 0; entries = await outbox.claim('hub', 64)) {
      delivered.push(...entries);
      await outbox.confirm(
        'hub',
        entries.map((entry) => entry.seq),
      );
    }
    expect(new Set(delivered.map((entry) => entry.id)).size).toBe(350);
    const lives = Map.groupBy(delivered, ({ body }) => (body.class === 'alarm' ? body.value.alarmId : ''));
    const steps = [...lives.values()].map((life) => life.map(({ body }) => (body.class === 'alarm' ? body.value.step : '')).join(' '));
    expect(steps.filter((life) => life === 'raised cleared')).toHaveLength(150);
    expect(steps.filter((life) => life === 'cleared')).toHaveLength(50);
    expect(await outbox.head()).toBe(400);
  }
  await rm(folder, { recursive: true });
});
