// The registry: every change is one inventory entry, secrets lie sealed, nonsense stays out, the mirror survives a restart.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BongsuError, openLog, openSealer, systemEnv, systemRandom } from '#base';
import type { Device, InventoryChange } from '#model';
import { openRegistry, type Registry } from '#registry';
import { openStore, type Store } from '#store';
import type { EntryProcedures } from './thread-entry.ts';

const env = systemEnv(openLog('silent'));
const sealer = openSealer(Buffer.alloc(32, 7), systemRandom);
const identity = { maker: 'Hanwha', model: 'X', firmware: '1', serial: 's' };
const camera: Device = {
  id: 'cam-0417',
  type: 'camera',
  name: '서학3길 34',
  address: '10.0.0.5:80',
  purpose: '생활방범',
  place: { latitude: 35.807, longitude: 127.1518, address: '전주시 완산구 서학3길 34' },
  channels: [{ number: 1, name: 'main' }],
  identity,
};

let folder = '';
let path = '';
let store: Store;
let registry: Registry;

async function reopen(): Promise<void> {
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path }, queueLimit: 20_000 }, env);
  registry = await openRegistry({ store, sealer }, env);
}
const entries = async (): Promise<readonly InventoryChange[]> =>
  (await store.procedures<EntryProcedures>('entries').list()).map((body) => body.value as InventoryChange);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-registry-'));
  path = join(folder, 'bongsu.db');
  await reopen();
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('registry', () => {
  it("keeps who may move a camera's head, and forgets where it goes when that is emptied", async () => {
    await registry.add({ ...camera, ptz: 'idle-only', ptzReturn: 'home' });
    await expect(registry.update('cam-0417', { ptz: 'sometimes' as 'never' })).rejects.toMatchObject({ code: 'registry.invalid' });
    await registry.update('cam-0417', { ptz: 'allowed', ptzReturn: '' });
    await store[Symbol.asyncDispose]();
    await reopen();
    expect(registry.find('cam-0417')).toEqual({ ...camera, ptz: 'allowed' });
  });

  it('adds, changes and removes, each with one inventory entry', async () => {
    await registry.add(camera);
    await registry.update('cam-0417', { name: 'gate' });
    await registry.remove('cam-0417');
    expect((await entries()).map(({ change, device }) => [change, device.id, device.name])).toEqual([
      ['added', 'cam-0417', '서학3길 34'],
      ['changed', 'cam-0417', 'gate'],
      ['removed', 'cam-0417', 'gate'],
    ]);
    expect(registry.find('cam-0417')).toBeUndefined();
  });

  it('keeps what is known of a sensor besides, and forgets it', async () => {
    const record = {
      zone: '지하 1층',
      zones: { 'zone-1': '주차장' },
      premises: '완주군청',
      cameras: [{ camera: 'cam-0417', channel: 1 }],
      facts: { 시설번호: '완산-1', 시설유형코드: '1', 출수압력: '5', 배관지름: '100', 보호틀유무: 'N' },
    };
    await registry.add({ ...camera, id: 'hydrant-1', type: 'sensor', record });
    await store[Symbol.asyncDispose]();
    await reopen();
    expect(registry.find('hydrant-1')?.record).toEqual(record);
    expect((await registry.update('hydrant-1', { record: {} })).record).toBeUndefined();
    expect((await entries()).at(-1)?.device).not.toHaveProperty('record');
  });

  it('appends nothing for an update that changes nothing', async () => {
    await registry.add(camera);
    expect(await registry.update('cam-0417', { name: camera.name, identity: { ...identity } })).toEqual(camera);
    expect(await entries()).toHaveLength(1);
  });

  it('merges two updates that are under way at once', async () => {
    await registry.add(camera);
    await Promise.all([registry.update('cam-0417', { name: 'a' }), registry.update('cam-0417', { purpose: '교통단속' })]);
    expect(registry.find('cam-0417')).toMatchObject({ name: 'a', purpose: '교통단속' });
  });

  it('lists by type in order of id, and keeps all over a restart', async () => {
    await registry.add(camera);
    await registry.add({ ...camera, id: 'cam-0002' });
    await registry.add({ ...camera, id: 'a-smoke', type: 'sensor' });
    await store[Symbol.asyncDispose]();
    await reopen();
    expect(registry.list().map((device) => device.id)).toEqual(['a-smoke', 'cam-0002', 'cam-0417']);
    expect(registry.list('camera').map((device) => device.id)).toEqual(['cam-0002', 'cam-0417']);
    expect(registry.find('cam-0417')).toEqual(camera);
  });

  it('tells watchers after the commit, and a failing watcher harms nobody', async () => {
    const seen: string[] = [];
    registry.watch(() => {
      throw new Error('clumsy');
    });
    const watch = registry.watch(({ change }) => seen.push(change));
    await registry.add(camera);
    watch[Symbol.dispose]();
    await registry.remove(camera.id);
    expect(seen).toEqual(['added']);
  });

  it('gives a login back and keeps it in no data file in clear', async () => {
    await registry.add(camera, { user: 'operator', password: 'Dragon-Tower-88' });
    expect(await registry.login(camera.id)).toEqual({ user: 'operator', password: 'Dragon-Tower-88' });
    for (const suffix of ['', '-wal']) expect((await readFile(path + suffix)).includes('Dragon-Tower-88')).toBe(false);
    expect(JSON.stringify(await entries())).not.toContain('Dragon');
    await registry.remove(camera.id);
    expect(await registry.login(camera.id)).toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['registry.exists', () => registry.add(camera)],
    ['registry.unknown', () => registry.update('nobody', { name: 'x' })],
    ['registry.unknown', () => registry.remove('nobody')],
  ])('answers %s and appends nothing', async (code, act) => {
    await registry.add(camera);
    await expect(act()).rejects.toMatchObject({ code });
    expect(await entries()).toHaveLength(1);
  });

  it.each<[string, Partial<Device>]>([
    ['record.facts.note', { record: { facts: { note: 'x'.repeat(201) } } }],
    ['record.facts', { record: { facts: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`f${at}`, 'x'])) } }],
    ['record.zone', { record: { zone: 'a\u0007' } }],
    ['record.cameras', { record: { cameras: [{ camera: 'Cam 1', channel: 1 }] } }],
    ['record.cameras', { record: { cameras: Array.from({ length: 17 }, () => ({ camera: 'cam-1', channel: 1 })) } }],
    ['id', { id: 'Cam 1' }],
    ['id', { id: '' }],
    ['type', { type: 'door' as Device['type'] }],
    ['name', { name: 'x'.repeat(101) }],
    ['name', { name: 'a\u0000b' }],
    ['name', { name: '\ud800' }],
    ['address', { address: '' }],
    ['purpose', { purpose: 'x'.repeat(101) }],
    ['place', { place: { latitude: 35 } }],
    ['place.latitude', { place: { latitude: 135.8, longitude: 127 } }],
    ['place.latitude', { place: { latitude: Number.NaN, longitude: 127 } }],
    ['place.longitude', { place: { latitude: 35.8, longitude: -181 } }],
    ['place.address', { place: { address: 'x'.repeat(301) } }],
    ['channels', { channels: [camera.channels[0], camera.channels[0]].filter((channel) => channel !== undefined) }],
    ['channels.number', { channels: [{ number: 0, name: '' }] }],
    ['channels', { channels: Array.from({ length: 129 }, (_, index) => ({ number: index + 1, name: '' })) }],
  ])('refuses a wrong %s', async (field, wrong) => {
    await expect(registry.add({ ...camera, ...wrong })).rejects.toMatchObject({
      code: 'registry.invalid',
      message: expect.stringContaining(`: ${field}: `),
    });
  });

  it('refuses a login that is too long without repeating it', async () => {
    const password = 'p'.repeat(129);
    const error = await registry.add(camera, { user: 'u', password }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'registry.invalid' });
    expect(String(error)).not.toContain('ppp');
  });

  it('cuts and cleans what a device says of itself', async () => {
    await registry.add({ ...camera, identity: { ...identity, maker: `\u0007${'M'.repeat(500)}`, serial: 'a\nb' } });
    expect(registry.find(camera.id)?.identity).toMatchObject({ serial: 'ab', maker: 'M'.repeat(100) });
  });

  it('is full at 10,000 devices', async () => {
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => registry.add({ ...camera, id: `c-${index}` })));
    await expect(registry.add(camera)).rejects.toMatchObject({ code: 'registry.full' });
    await store[Symbol.asyncDispose]();
    await reopen();
    expect(registry.list()).toHaveLength(10_000);
  });

  it('never stores a device that it would not give back the same', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(fc.record({ name: text, purpose: text, serial: text, latitude: fc.double(), id: text }), async (wild) => {
        const place = { latitude: wild.latitude, longitude: 127 };
        const device = { ...camera, ...wild, place, id: `x${wild.id}`, identity: { ...identity, serial: wild.serial } };
        const { latitude: _latitude, serial: _serial, ...input } = device;
        const outcome = await registry.add(input).catch((error: unknown) => error);
        if (outcome instanceof BongsuError) expect(['registry.invalid', 'registry.exists']).toContain(outcome.code);
        else expect(registry.find(device.id)).toMatchObject({ name: wild.name, purpose: wild.purpose, place });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a registry with a row that damage has made unreadable', () => {
  /** Closes the store, lets `sql` damage the file as a flipped bit would, unseen by any check of pages, and opens it again. */
  async function damage(sql: string): Promise<void> {
    await store[Symbol.asyncDispose]();
    const db = new Database(path);
    db.exec(sql);
    expect(db.pragma('quick_check', { simple: true })).toBe('ok');
    db.close();
    await reopen();
  }

  it.each([
    ['no JSON', "'z' || substr(device, 2)"],
    ['a name of a field gone wrong', 'replace(device, \'"channels"\', \'"chbnnels"\')'],
    ['another device', "replace(device, 'cam-0002', 'cam-0003')"],
    ['an impossible place', "replace(device, '35.807', '95.807')"],
  ])('opens with all the others: %s', async (_what, changed) => {
    for (const id of ['cam-0001', 'cam-0002', 'cam-0004']) await registry.add({ ...camera, id });
    await damage(`UPDATE registry_device SET device = ${changed} WHERE id = 'cam-0002'`);
    expect(registry.list().map(({ id }) => id)).toEqual(['cam-0001', 'cam-0004']);
    expect(registry.unreadable()).toEqual(['cam-0002']);
  });

  it('opens when a whole page of rows is unreadable', async () => {
    await Promise.all(Array.from({ length: 1100 }, (_, at) => registry.add({ ...camera, id: `c-${String(at).padStart(4, '0')}` })));
    await damage("UPDATE registry_device SET device = 'x' WHERE id < 'c-1050'");
    expect(registry.list()).toHaveLength(50);
    expect(registry.unreadable()).toHaveLength(1050);
  });

  it('takes the device anew, with another login', async () => {
    await registry.add(camera, { user: 'old', password: 'old' });
    await damage("UPDATE registry_device SET device = 'x'");
    await registry.add(camera, { user: 'new', password: 'new' });
    expect(registry.unreadable()).toEqual([]);
    expect(registry.find(camera.id)).toEqual(camera);
    expect(await registry.login(camera.id)).toEqual({ user: 'new', password: 'new' });
  });

  it('forgets the device, and says so', async () => {
    await registry.add(camera);
    await damage("UPDATE registry_device SET device = 'x'");
    await registry.remove(camera.id);
    expect(registry.unreadable()).toEqual([]);
    expect((await entries()).at(-1)).toMatchObject({ change: 'removed', device: { id: camera.id } });
    await registry.add(camera);
  });

  it('changes no device that it cannot read', async () => {
    await registry.add(camera);
    await damage("UPDATE registry_device SET device = 'x'");
    await expect(registry.update(camera.id, { name: 'gate' })).rejects.toMatchObject({ code: 'registry.unknown' });
  });
});
