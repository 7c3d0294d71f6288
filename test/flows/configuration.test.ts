// What waits for the hub outlives every change of the configuration: one that cannot be read, another destination, another limit, another address.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually, freePort, openGateway, secretFile } from '../peers/gateway.ts';
import { openWebhookReceiver, webhookSecret } from '../peers/webhook-receiver.ts';
import { fallMessage, fallRadar, fallToken, openProvince } from './site.ts';

type Config = Record<string, Record<string, unknown>>;

const launcher = new URL('../../bin/bongsu', import.meta.url).pathname;

it('keeps what waits over a broken file, a destination that comes and goes, and another hub address', async () => {
  await using province = await openProvince();
  await using receiver = await openWebhookReceiver();
  const port = await freePort();
  const nobody = `mqtt://127.0.0.1:${await freePort()}`;
  await using gateway = await openGateway(async (folder) => ({
    uplink: { url: nobody, retryMin: '100ms', retryMax: '1s' },
    sensors: { webhook: await fallRadar(folder, port) },
  }));
  const path = join(gateway.folder, 'config.yaml');
  const store = join(gateway.folder, 'bongsu.db');
  const push = async (id: string, status: 'fall confirmed' | 'fall exit'): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
      method: 'POST',
      body: fallMessage(id, status),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
    });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
  };
  const waiting = async (): Promise<Readonly<Record<string, number>>> => {
    const { destinations } = (await gateway.query('outbox', 'status')) as {
      destinations: { destination: string; pendingByClass: Record<string, number> }[];
    };
    return Object.fromEntries(destinations.map(({ destination, pendingByClass }) => [destination, pendingByClass['alarm'] ?? 0]));
  };
  const restartWith = async (change: (config: Config) => void): Promise<void> => {
    await gateway.stop();
    const config = parse(await readFile(path, 'utf8')) as Config;
    change(config);
    await writeFile(path, stringify(config));
    await gateway.start();
  };

  await push('one', 'fall confirmed');
  await push('one-exit', 'fall exit');
  expect(await waiting()).toEqual({ hub: 2 });

  // Nothing of a file that cannot be understood reaches the store.
  await gateway.stop();
  const good = await readFile(path, 'utf8');
  const before = await digestOf(store);
  for (const bad of [good.replace('url:', 'ur1:'), good.replace('site:', 'site: ]['), '', good.replace('listen:', 'listen: 7 #')]) {
    await writeFile(path, bad);
    const ended = await promisify(execFile)(launcher, ['run', '--config', path], { timeout: 30_000 }).catch(
      (error: { code: number }) => error,
    );
    expect(ended).toMatchObject({ code: 1 });
    expect(await digestOf(store)).toBe(before);
  }
  await writeFile(path, good);

  const platform = {
    name: 'platform',
    kind: 'webhook',
    url: receiver.url,
    secret: await secretFile(gateway.folder, 'platform.secret', webhookSecret),
    retryMin: '100ms',
  };
  await restartWith((config) => Object.assign(config, { destinations: [platform], alarms: { latch: ['gas'] } }));
  expect((await waiting())['hub']).toBe(2);
  await push('two', 'fall confirmed');
  await eventually('the new destination’s first alarm', () => receiver.taken().length === 1 || undefined);
  await restartWith((config) => {
    delete config['destinations'];
    config['store'] = { ...config['store'], limit: '64MiB' };
  });
  expect(await waiting()).toEqual({ hub: 3 });
  await push('two-exit', 'fall exit');

  await restartWith((config) => {
    config['uplink'] = { ...province.uplink };
  });
  await eventually('all of it at the hub', () => province.hub.alarms().length >= 4 || undefined);
  await eventually('an empty outbox', async () => ((await waiting())['hub'] === 0 ? true : undefined));
  const told = province.hub.alarms();
  for (const life of Map.groupBy(told, ({ alarmid }) => alarmid).values())
    expect(life.map(({ type }) => String(type).split('.')[3])).toEqual(['raised', 'cleared']);
  expect(new Set(told.map(({ id }) => id)).size).toBe(4);
  expect(told.every(({ replay }) => replay === true)).toBe(true);
});

async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
