// A flood through the real store at its limit: nothing fails but what must, and the gaps say exactly what is missing.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { messageOf, openLog, systemEnv } from '#base';
import type { Entry, Gap } from '#model';
import { openOutbox } from '#outbox';
import { openStore } from '#store';
import { report } from '../alarms/thread.ts';
import { reading } from './bodies.ts';

const limit = 10 * 2 ** 20;

it('keeps every critical alarm that it accepted, and counts all else that is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-full-'));
  const path = join(folder, 'bongsu.db');
  const env = systemEnv(openLog('silent'));
  await using store = await openStore(
    {
      entry: new URL('store-entry.ts', import.meta.url),
      workerData: { path, destinations: ['hub'], limits: { limit } },
      queueLimit: 20_000,
    },
    env,
  );
  const alarms = openAlarms({ store }, env);
  const outbox = openOutbox({ store });
  const batch = Array.from({ length: 200 }, (_, index) => reading(index));
  const failures = new Set<string>();
  const accepted = new Set<string>();
  for (let round = 0; round < 40; round += 1) {
    const fires = Array.from({ length: 200 }, (_, index) =>
      report({ device: `smoke-${round}-${index}`, detail: { text: 'x'.repeat(500) } }),
    );
    const told = await Promise.allSettled([
      ...fires.map(async (fire) => accepted.add((await alarms.report(fire)).alarmId ?? '')),
      ...Array.from({ length: 10 }, () => outbox.appendReadings([batch])),
    ]);
    for (const one of told) if (one.status === 'rejected') failures.add(messageOf(one.reason));
  }
  expect([...failures].every((text) => text.includes('full of alarms'))).toBe(true);
  expect(failures.size).toBe(1);
  expect((await stat(path)).size).toBeLessThanOrEqual(limit);

  const got: Entry[] = [];
  const turn = { claim: { limit: 500 } };
  for (let rows = await outbox.turn('hub', turn); rows.length > 0; ) {
    got.push(...rows);
    rows = await outbox.turn('hub', { ...turn, confirm: rows.map(({ seq }) => seq) });
  }
  const arrived = new Set(got.flatMap(({ body }) => (body.class === 'alarm' ? [body.value.alarmId] : [])));
  expect(arrived).toEqual(accepted);
  const gaps = got.flatMap(({ body }): Gap[] => (body.class === 'gap' ? [body.value] : []));
  const readings = got.filter(({ body }) => body.class === 'reading').length;
  expect(gaps).toMatchObject([{ class: 'reading', kinds: { temperature: 400 - readings } }]);
  expect((await outbox.stats()).destinations).toMatchObject([{ pending: 0, dead: 0 }]);
  expect((await alarms.report(report({ device: 'smoke-after', detail: {} }))).result).toBe('raised');
  await rm(folder, { recursive: true });
});
