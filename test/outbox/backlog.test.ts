// A start with a large backlog: it is ready soon, the first claim is the gravest, and the counters know how much there is.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import { openOutbox } from '#outbox';
import { openStore, type Store } from '#store';
import { report } from '../alarms/thread.ts';
import { reading } from './bodies.ts';

const backlog = 50_000;
/** Soon enough on a machine that does much else; `npm run bench -- backlog` measures it. */
const readyWithinMs = 10_000;

it('is ready soon, hands out what is gravest, and knows how much waits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-backlog-'));
  const open = (): Promise<Store> =>
    openStore(
      {
        entry: new URL('store-entry.ts', import.meta.url),
        workerData: { path: join(folder, 'bongsu.db'), destinations: ['hub'] },
        queueLimit: 20_000,
      },
      systemEnv(openLog('silent')),
    );
  {
    await using store = await open();
    const outbox = openOutbox({ store });
    const batch = Array.from({ length: 500 }, (_, index) => [reading(index)]);
    for (let count = 0; count < backlog; count += batch.length) await outbox.appendReadings(batch);
    await openAlarms({ store }, systemEnv(openLog('silent'))).report(report({ device: 'smoke-1' }));
  }
  const begun = performance.now();
  await using store = await open();
  const outbox = openOutbox({ store });
  const [first] = await outbox.claim('hub', 10);
  expect(performance.now() - begun).toBeLessThan(readyWithinMs);
  expect(first?.body.class).toBe('alarm');
  const { destinations } = await outbox.stats();
  expect(destinations).toMatchObject([{ pending: backlog + 1 }]);
  await rm(folder, { recursive: true });
});
