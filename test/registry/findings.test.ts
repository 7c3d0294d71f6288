// Findings are kept with their times, moves become inventory entries, proposals wait for a person and are made once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BongsuError, openLog, openSealer, systemEnv, systemRandom } from '#base';
import type { Device, Finding, InventoryChange } from '#model';
import { type Findings, openFindings, openRegistry, type Registry } from '#registry';
import { openStore, type Store } from '#store';
import type { EntryProcedures } from './thread-entry.ts';

const env = systemEnv(openLog('silent'));
const sealer = openSealer(Buffer.alloc(32, 7), systemRandom);
const camera: Device = {
  id: 'cam-1',
  type: 'camera',
  name: '',
  address: '10.0.0.5',
  purpose: '',
  place: {},
  channels: [],
  identity: { maker: 'Hanwha', model: 'X', firmware: '1', serial: 'S1234' },
};
const seen = (address: string, serial: string, more: Partial<Finding> = {}): Finding => ({
  address,
  endpoint: '',
  mac: '',
  identity: { maker: 'Hanwha', model: 'Y', firmware: '2', serial },
  name: '',
  problems: [],
  clockOffsetMs: 0,
  way: 'unicast',
  ...more,
});

let folder = '';
let store: Store;
let registry: Registry;
let findings: Findings;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-findings-'));
  const workerData = { path: join(folder, 'bongsu.db') };
  store = await openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData, queueLimit: 20_000 }, env);
  registry = await openRegistry({ store, sealer }, env);
  findings = openFindings({ store, registry, online: () => new Set(), asked: async () => {} }, env);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
const entries = async (): Promise<readonly unknown[]> =>
  (await store.procedures<EntryProcedures>('entries').list()).map((body) => {
    const { change, device } = body.value as InventoryChange;
    return [change, device.id, device.address, device.identity.serial];
  });
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no fault',
    (error: unknown) => (error instanceof BongsuError ? error.code : String(error)),
  );

describe('findings', () => {
  it('are kept once for each camera, with first and last time', async () => {
    const [first] = (await findings.note([seen('10.0.0.5', 'S1234')], { follow: true })).findings;
    await findings.note([seen('10.0.0.6', 'S1234', { problems: ['needs-password'] }), seen('10.0.0.7', 'T1234')], { follow: true });
    const kept = await findings.list();
    expect(kept.map(({ address, key, meaning }) => [address, key === first?.key, meaning])).toEqual([
      ['10.0.0.6', true, 'new'],
      ['10.0.0.7', false, 'new'],
    ]);
    expect(kept[0]?.firstSeen).toBe(first?.firstSeen);
    expect(kept[0]?.problems).toEqual(['needs-password']);
  });

  it('follow a camera that has moved, with one inventory entry', async () => {
    await registry.add(camera);
    const noted = await findings.note([seen('10.0.0.9:8080', 'S1234')], { follow: true });
    expect(noted.followed).toEqual(['cam-1']);
    expect(registry.find('cam-1')?.address).toBe('10.0.0.9:8080');
    expect(await entries()).toEqual([
      ['added', 'cam-1', '10.0.0.5', 'S1234'],
      ['changed', 'cam-1', '10.0.0.9:8080', 'S1234'],
    ]);
  });

  it('propose a move where following is switched off', async () => {
    await registry.add(camera);
    const noted = await findings.note([seen('10.0.0.9', 'S1234')], { follow: false });
    expect(noted.proposed.map(({ kind, device, after }) => [kind, device, after.address])).toEqual([['moved', 'cam-1', '10.0.0.9']]);
    expect(registry.find('cam-1')?.address).toBe('10.0.0.5');
  });

  it('ask once about a camera that was replaced; accepted, the identity changes with an inventory entry', async () => {
    await registry.add(camera);
    await findings.note([seen('10.0.0.5', 'S1234', { mac: '00:09:18:00:00:01', endpoint: 'urn:uuid:old1' })], { follow: true });
    const { proposed } = await findings.note([seen('10.0.0.5', 'N9999', { mac: '00:09:18:00:00:02' })], { follow: true });
    expect(proposed).toHaveLength(1);
    expect((await findings.note([seen('10.0.0.5', 'N9999', { mac: '00:09:18:00:00:02' })], { follow: true })).proposed).toEqual([]);
    expect(registry.find('cam-1')?.identity.serial).toBe('S1234');
    const id = proposed[0]?.id ?? 0;
    await findings.accept(id, 'kim');
    expect(registry.find('cam-1')?.identity).toMatchObject({ serial: 'N9999', model: 'Y', mac: '00:09:18:00:00:02' });
    expect((await entries()).at(-1)).toEqual(['changed', 'cam-1', '10.0.0.5', 'N9999']);
    expect(await findings.proposals()).toEqual([]);
    expect(await codeOf(findings.accept(id, 'kim'))).toBe('registry.no-proposal');
    const again = await findings.note([seen('10.0.0.5', '', { mac: '00:09:18:00:00:02' })], { follow: true });
    expect(again.findings.map(({ meaning, device }) => [meaning, device])).toEqual([['known', 'cam-1']]);
  });

  it('do not ask again what was refused, and ask about yet another camera', async () => {
    await registry.add(camera);
    const { proposed } = await findings.note([seen('10.0.0.5', 'N9999')], { follow: true });
    await findings.refuse(proposed[0]?.id ?? 0, 'kim');
    expect((await findings.note([seen('10.0.0.5', 'N9999')], { follow: true })).proposed).toEqual([]);
    expect((await findings.note([seen('10.0.0.5', 'M8888')], { follow: true })).proposed).toHaveLength(1);
    expect(registry.find('cam-1')?.identity.serial).toBe('S1234');
  });

  it('ask once about a camera that tells its endpoint to a stranger and its serial to a login', async () => {
    await registry.add(camera);
    await findings.note([seen('10.0.0.5', 'S1234', { endpoint: 'urn:uuid:old1' })], { follow: true });
    const anonymous = seen('10.0.0.5', '', { endpoint: 'urn:uuid:new1' });
    expect((await findings.note([anonymous], { follow: true })).proposed).toHaveLength(1);
    const said = { maker: 'Axis', model: 'Z', firmware: '3', serial: 'N9999', mac: '00:09:18:00:00:09' };
    expect(await findings.identified('cam-1', said)).toBe(true);
    expect(await findings.identified('cam-1', { ...camera.identity, firmware: '9' })).toBe(false);
    const open = await findings.proposals();
    expect(open.map(({ after }) => [after.identity.serial, after.mac, after.endpoint])).toEqual([
      ['N9999', '00:09:18:00:00:09', 'urn:uuid:new1'],
    ]);
    await findings.refuse(open[0]?.id ?? 0, 'kim');
    expect(await findings.identified('cam-1', said)).toBe(true);
    expect((await findings.note([anonymous], { follow: true })).proposed).toEqual([]);
    expect(await findings.proposals()).toEqual([]);
  });

  it('of a device that is removed belong to nobody', async () => {
    await registry.add(camera);
    await findings.note([seen('10.0.0.5', 'N9999')], { follow: true });
    await findings.forget('cam-1');
    expect(await findings.proposals()).toEqual([]);
    expect((await findings.list()).map(({ device, meaning }) => [device, meaning])).toEqual([['', 'new']]);
  });

  it('remember where a look was broken off', async () => {
    expect(await findings.brokenLook()).toBeUndefined();
    await findings.keepLook({ ranges: ['10.0.0.0/24'], resumeAt: 77 });
    expect(await findings.brokenLook()).toEqual({ ranges: ['10.0.0.0/24'], resumeAt: 77 });
    await findings.keepLook(undefined);
    expect(await findings.brokenLook()).toBeUndefined();
  });

  it('never grow beyond 20,000: what was not seen for longest gives way, those of registered cameras last', async () => {
    await registry.add(camera);
    await findings.note([seen('10.0.0.5', 'S1234')], { follow: true });
    const many = Array.from({ length: 20_100 }, (_, at) => seen(`10.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`, `Q${100_000 + at}`));
    await findings.note(many, { follow: true });
    const kept = await findings.list();
    expect(kept).toHaveLength(20_000);
    expect(kept.some(({ device }) => device === 'cam-1')).toBe(true);
  });
});
