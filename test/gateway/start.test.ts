// A start on a sick disk, or with damaged registrations: it waits where it must, goes on where it can, and asks systemd for the time that it needs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog, openSealer, systemEnv, systemRandom } from '#base';
import type { Device } from '#model';
import { openRegistry } from '#registry';
import { openStore } from '#store';
import { outwait, tryFirst } from '../../src/gateway/insist.ts';
import { openSystemd } from '../../src/gateway/systemd.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { eventually } from '../peers/gateway.ts';
import { openNotifySocket } from '../peers/notify-socket.ts';

const env = systemEnv(openLog('silent'));
const sealer = openSealer(Buffer.alloc(32, 7), systemRandom);
const sensor: Device = {
  id: 'smoke-1',
  type: 'sensor',
  name: 'hall',
  address: 'bus/1',
  purpose: '',
  place: {},
  channels: [],
  identity: { maker: '', model: '', firmware: '', serial: '' },
};

async function openSite() {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-start-'));
  const path = join(folder, 'bongsu.db');
  const workerData = { path, bootId: '0193aaaa-bbbb-7ccc-8ddd-000000000001', destinations: ['hub'] };
  const entry = new URL('../../src/gateway/store-thread.ts', import.meta.url);
  const store = await openStore({ entry, workerData, queueLimit: 5000, hungAfterMs: 500 }, env);
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return {
    store,
    /** The disk does not answer for so long. */
    hang(ms: number): void {
      const db = new Database(path);
      db.exec('BEGIN IMMEDIATE');
      setTimeout(() => {
        db.exec('COMMIT');
        db.close();
      }, ms);
    },
  };
}

describe('a start on a disk that hangs', () => {
  it('waits for the registry', async () => {
    const { store, hang } = await openSite();
    hang(1500);
    const registry = await outwait(() => openRegistry({ store, sealer }, env), 'the registry', env, new AbortController().signal);
    expect(registry?.list()).toEqual([]);
  });

  it('registers what the configuration has when it can, once, and holds nothing up', async () => {
    const { store, hang } = await openSite();
    const registry = await openRegistry({ store, sealer }, env);
    const stop = new AbortController();
    hang(1500);
    const late = await tryFirst(() => registry.add(sensor), 'the sensors', env);
    expect(registry.list()).toEqual([]);
    const done = late.run(stop.signal);
    await eventually('the sensor', () => registry.find(sensor.id));
    stop.abort();
    await done;
    expect((await openRegistry({ store, sealer }, env)).list()).toEqual([sensor]);
  });

  it('throws what no waiting cures', async () => {
    const { store } = await openSite();
    const registry = await openRegistry({ store, sealer }, env);
    const wrong = { ...sensor, address: '' };
    await expect(tryFirst(() => registry.add(wrong), 'the sensors', env)).rejects.toMatchObject({ code: 'registry.invalid' });
    const outwaited = outwait(() => registry.add(wrong), 'the sensors', env, new AbortController().signal);
    await expect(outwaited).rejects.toMatchObject({ code: 'registry.invalid' });
  });

  it('knows a removal whose answer was lost', async () => {
    const { store, hang } = await openSite();
    const registry = await openRegistry({ store, sealer }, env);
    await registry.add(sensor);
    hang(1500);
    await expect(registry.remove(sensor.id)).rejects.toMatchObject({ code: 'store.hung' });
    await outwait(() => registry.remove(sensor.id), 'the removal', env, new AbortController().signal);
    expect(registry.list()).toEqual([]);
  });
});

describe('a start that takes long', () => {
  it('asks systemd for more time until it is over', async () => {
    await using socket = await openNotifySocket();
    const { NOTIFY_SOCKET: notifySocket } = socket.environment(30_000);
    process.env['NOTIFY_SOCKET'] = notifySocket;
    onTestFinished(() => void delete process.env['NOTIFY_SOCKET']);
    const clock = openFakeClock(0);
    const systemd = openSystemd({ notifySocket, watchdogMs: undefined }, { ...env, clock });
    const starting = systemd.starting();
    clock.advance(25_000);
    await eventually('two words to systemd', () => socket.said.length === 2 || undefined);
    expect(socket.said).toEqual(['EXTEND_TIMEOUT_USEC=120000000', 'EXTEND_TIMEOUT_USEC=120000000']);
    starting[Symbol.dispose]();
    clock.advance(60_000);
    await systemd.notify('READY=1');
    await eventually('the end of the start', () => socket.said.length > 2 || undefined);
    expect(socket.said.slice(2)).toEqual(['READY=1']);
  });
});

it('the watchdog is told that the main loop turns, whatever the store does', async () => {
  await using socket = await openNotifySocket();
  const { NOTIFY_SOCKET: notifySocket } = socket.environment(30_000);
  process.env['NOTIFY_SOCKET'] = notifySocket;
  onTestFinished(() => void delete process.env['NOTIFY_SOCKET']);
  const clock = openFakeClock(0);
  const stop = new AbortController();
  const running = openSystemd({ notifySocket, watchdogMs: 30_000 }, { ...env, clock }).watchdog.run(stop.signal);
  await eventually('three pings', () => {
    clock.advance(2500);
    return socket.said.length >= 3 || undefined;
  });
  expect(socket.said.slice(0, 3)).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
  stop.abort();
  await running;
});
