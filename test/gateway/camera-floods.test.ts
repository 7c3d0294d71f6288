// A camera that tells too much, through the gateway's own store: the hub hears sixty of a kind in a minute and that there are more; here all of it is known.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import { openOutbox } from '#outbox';
import { openStore } from '#store';
import type { StoreThreadData } from '../../src/gateway/store-thread.ts';
import { message, openFakeCamera } from '../cameras/fake-camera.ts';
import { openFakeDeps, until } from '../cameras/fake-deps.ts';
import { input, listening, watchOver } from '../cameras/watched.ts';

const swings = 200;

it('a contact that bounces and a line that is crossed again and again fill no lane', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-flood-'));
  const env = systemEnv(openLog('silent'));
  const workerData: StoreThreadData = { path: join(folder, 'bongsu.db'), bootId: 'boot-1', destinations: ['hub'] };
  const entry = new URL('../../src/gateway/store-thread.ts', import.meta.url);
  await using store = await openStore({ entry, workerData, queueLimit: 20_000 }, env);
  const alarms = openAlarms({ store }, env);
  const outbox = openOutbox({ store });
  const deps = { ...openFakeDeps(), report: alarms.report, condition: alarms.condition, openAlarms: alarms.standing };
  await using camera = await openFakeCamera();
  await using site = watchOver(camera, { deps });
  await listening(camera);
  for (let index = 0; index < swings; index += 1) {
    camera.notify(input(index % 2 === 0));
    camera.notify(message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: String(index) }));
  }
  await until(() => site.cameras.status()[0]?.messages === 2 * swings, 30_000);
  camera.notify(message('tns1:RuleEngine/FireAlarm', 'Changed', { VideoSource: 'src0' }, { State: 'true' }));
  await until(() => site.cameras.status()[0]?.messages === 2 * swings + 1);
  const told = (await outbox.turn('hub', { claim: { limit: 5000 } })).map(({ body }) => body.value as { kind: string; step?: string });
  const steps = (kind: string, step: string) => told.filter((one) => one.kind === kind && one.step === step).length;
  expect(steps('digital-input', 'raised')).toBeLessThanOrEqual(60);
  expect(steps('line-crossing', 'raised')).toBeLessThanOrEqual(60);
  expect(told.filter(({ kind }) => kind === 'alarm-flood')).not.toHaveLength(0);
  expect(told[0]).toMatchObject({ kind: 'fire', step: 'raised' });
  expect((await alarms.list({ kind: 'digital-input', limit: 1000 })).length).toBe(swings / 2);
  expect(await alarms.standing('cam-1')).toMatchObject([{ kind: 'fire' }]);
  await site.stop();
  await rm(folder, { recursive: true });
});
