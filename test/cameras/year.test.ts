// A year of camera life in moved time, against simulated cameras over real HTTP: what befalls them, and what the inventory and the conditions tell of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Env, openLog, openSealer, type Service, systemRandom } from '#base';
import { type Cameras, openCameras } from '#cameras';
import type { Condition, Finding, InventoryChange } from '#model';
import { type Credentials, type Findings, openCredentials, openFindings, openRegistry, type Registry } from '#registry';
import { openStore, type Store } from '#store';
import { followCameras, recordIdentity } from '../../src/gateway/inventory.ts';
import { natureOf, openFleet, type SimulatedCamera } from '../../src/simulator/cameras/index.ts';
import { type FakeClock, openFakeClock } from '../fakes/clock.ts';
import type { EntryProcedures } from '../registry/thread-entry.ts';
import { cameraDevice, openFakeDeps, testOptions } from './fake-deps.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);
/** A leap of days is a time in which nothing was heard, and a microphone is told when a camera was first asked at length. */
const ofLeaps = new Set(['events-missed', 'microphone-on']);
const nowhere = { ranges: [], makers: [], macs: [] };

let clock: FakeClock;
let env: Env;
let folder: string;
let store: Store;
let registry: Registry;
let credentials: Credentials;
let findings: Findings;
let cameras: Cameras;
let fleet: Awaited<ReturnType<typeof openFleet>>;
const conditions: Condition[] = [];
const standing = new Set<string>();
const stop = new AbortController();
const running: Promise<void>[] = [];

/** Lets the moved time pass with the real work in it; a second of it takes some milliseconds, so that no answer comes late by the moved clock alone. */
async function live(ms: number, step = 2000): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 6));
  }
}
async function until(check: () => boolean | Promise<boolean>, atMost = 2 * hour, step = 2000): Promise<void> {
  for (let passed = 0; !(await check()); passed += 10_000) {
    if (passed > atMost) throw new Error(`not in time: ${check.toString()}`);
    await live(10_000, step);
  }
}
/** Days on which nothing happens; cameras whose connection such a leap breaks connect anew. */
async function quiet(days: number): Promise<void> {
  for (let passed = 0; passed < days; passed += 15) {
    clock.advance(15 * day);
    await until(allOnline);
  }
}
const states = () => new Map(cameras.status().map(({ id, state }) => [id, state]));
const allOnline = () => [...states().values()].every((state) => state === 'online');
const entries = async () => (await store.procedures<EntryProcedures>('entries').list()).map((body) => body.value as InventoryChange);
const camera = (index: number): SimulatedCamera => {
  const found = fleet.cameras[index];
  if (!found) throw new Error(`no camera ${index}`);
  return found;
};
/** What the inventory says since `from` entries, in short. */
async function told(from: number): Promise<string[]> {
  return (await entries())
    .slice(from)
    .map(({ change, device }) => `${change} ${device.id} ${device.identity.firmware} ${device.identity.serial}`.trim());
}
/** Entries so far, once nothing comes any more: what is asked at length has been told. */
async function settled(): Promise<number> {
  await until(allOnline);
  await live(15 * minute, 5000);
  return (await entries()).length;
}
const conditionsOf = (device: string, from: number) =>
  conditions
    .slice(from)
    .filter((one) => one.device === device)
    .map(({ kind, state }) => `${kind} ${state}`);
const findingOf = (one: SimulatedCamera): Finding => ({
  address: one.address,
  endpoint: '',
  mac: one.identity.mac,
  identity: { maker: '', model: one.identity.model, firmware: one.identity.firmware, serial: one.identity.serial },
  name: '',
  problems: [],
  clockOffsetMs: 0,
  way: 'unicast',
});

beforeAll(async () => {
  clock = openFakeClock(start);
  env = { clock, random: systemRandom, log: openLog('silent') };
  folder = await mkdtemp(join(tmpdir(), 'bongsu-year-'));
  store = await openStore(
    { entry: new URL('../registry/thread-entry.ts', import.meta.url), workerData: { path: join(folder, 'bongsu.db') }, queueLimit: 20_000 },
    { ...env, clock: (await import('#base')).systemClock },
  );
  const sealer = openSealer(new Uint8Array(32).fill(7), env.random);
  registry = await openRegistry({ store, sealer }, env);
  credentials = openCredentials({ store, sealer }, env);
  const login = { user: 'admin', password: 'first-year-1' };
  const natures = [
    natureOf({ id: 'cam-1', login, loginBy: 'digest', ptz: true }, 0, { host: '127.0.71.1', port: 0 }),
    natureOf({ id: 'cam-2', login, loginBy: 'username-token' }, 1, { host: '127.0.71.2', port: 0 }),
    natureOf({ id: 'nvr-1', login, loginBy: 'digest', channels: 4 }, 2, { host: '127.0.71.3', port: 0 }),
  ];
  fleet = await openFleet({ cameras: natures, rtspPort: 0, discoveryPort: undefined }, env);
  const online = () => new Set(cameras.status().flatMap(({ id, state }) => (state === 'online' ? id : [])));
  findings = openFindings({ store, registry, online, asked: async () => {} }, env);
  const deps = {
    ...openFakeDeps(),
    credentials: credentials.open,
    identified: recordIdentity(registry, (id, said) => findings.identified(id, said)),
    async condition(step: Condition) {
      const key = `${step.device} ${step.kind} ${step.channel}`;
      if (standing.has(key) === (step.state === 'raised')) return 'unchanged';
      if (step.state === 'raised') standing.add(key);
      else standing.delete(key);
      conditions.push(step);
      return step.state;
    },
  };
  const options = testOptions(
    { requestTimeout: '2m', connectTimeout: '30s', loginRetry: '5m', lostAfter: 3, retryMin: '2s', retryMax: '1m', watch: {} },
    { pullWait: '60s' },
  );
  cameras = openCameras(options, deps, env);
  const services: Service[] = [cameras.service, followCameras(registry, cameras, async () => {}, env)];
  running.push(...services.map((service) => service.run(stop.signal)));
}, 30_000);
afterAll(async () => {
  stop.abort();
  const gone = setInterval(() => clock.advance(1000), 5);
  await Promise.all(running);
  clearInterval(gone);
  await fleet[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a year', () => {
  it('January: three cameras are registered, a set of logins is entered, and each says what it is', async () => {
    await credentials.add({
      name: 'first',
      login: { user: 'admin', password: 'first-year-1' },
      scope: { ...nowhere, ranges: ['127.0.71.0/24'] },
    });
    for (const one of fleet.cameras) await registry.add(cameraDevice(one.id, one.address));
    await settled();
    for (const one of fleet.cameras) {
      const known = registry.find(one.id);
      const { model, firmware, serial, mac } = one.identity;
      expect(known?.identity).toMatchObject({ model, firmware, serial, mac });
      expect(known?.features).toBeDefined();
    }
    expect(registry.find('cam-1')?.channels).toMatchObject([{ number: 1, ptz: true }]);
    expect(registry.find('nvr-1')?.channels.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    const all = await entries();
    // Added, then who it is, then what it can do: no camera needs more.
    for (const one of fleet.cameras) expect(all.filter(({ device }) => device.id === one.id).length).toBeLessThanOrEqual(3);
    expect(camera(0).counts.failedLogins).toBe(0);
  }, 120_000);

  it('February: nothing happens, and nothing is told', async () => {
    const [before, heard] = [await settled(), conditions.length];
    await quiet(60);
    await settled();
    expect(await told(before)).toEqual([]);
    expect(conditions.slice(heard).filter(({ kind }) => !ofLeaps.has(kind))).toEqual([]);
  }, 120_000);

  it('March: a firmware is updated, which is one change', async () => {
    const before = await settled();
    camera(0).update('9.9.1');
    await until(() => registry.find('cam-1')?.identity.firmware === '9.9.1');
    await settled();
    expect(await told(before)).toEqual([`changed cam-1 9.9.1 ${camera(0).identity.serial}`]);
  }, 120_000);

  it('April: a camera goes to another address and is followed as the same', async () => {
    await quiet(30);
    const before = await settled();
    await camera(1).move('127.0.71.20');
    await until(() => states().get('cam-2') !== 'online', day);
    const noted = await findings.note([findingOf(camera(1))], { follow: true });
    expect(noted.followed).toEqual(['cam-2']);
    await until(allOnline);
    await settled();
    expect(registry.find('cam-2')).toMatchObject({ address: camera(1).address, identity: { serial: camera(1).identity.serial } });
    expect(await told(before)).toEqual([`changed cam-2 ${camera(1).identity.firmware} ${camera(1).identity.serial}`]);
  }, 120_000);

  it('May: all passwords are changed; the new set is found, and the inventory says nothing', async () => {
    await quiet(30);
    const [before, heard] = [await settled(), conditions.length];
    const failed = fleet.cameras.map((one) => one.counts.failedLogins);
    for (const one of fleet.cameras) {
      one.setPassword('second-year-2');
      one.reboot();
    }
    await credentials.add({ name: 'second', login: { user: 'admin', password: 'second-year-2' }, scope: nowhere });
    await until(() => fleet.cameras.every((one) => conditionsOf(one.id, heard).includes('camera-login-refused raised')), day);
    await until(allOnline);
    // One; or two at once where only a second try can tell a nonce that is old, or a clock that was set, from another password.
    for (const [index, one] of fleet.cameras.entries()) expect(one.counts.failedLogins - (failed[index] ?? 0)).toBeLessThanOrEqual(2);
    for (const one of fleet.cameras)
      expect(conditionsOf(one.id, heard).filter((text) => text.startsWith('camera-login'))).toEqual([
        'camera-login-refused raised',
        'camera-login-refused cleared',
      ]);
    await settled();
    expect(await told(before)).toEqual([]);
    expect(await cameras.source('cam-1', 1, 'main')).toMatchObject({ password: 'second-year-2' });
  }, 120_000);

  it('June: a clock goes wrong, by an hour and then to 1970, and is set again', async () => {
    await quiet(30);
    const [before, heard] = [await settled(), conditions.length];
    const two = camera(1);
    two.setClock(hour);
    two.reboot();
    await until(() => standing.has('cam-2 clock-wrong '), day);
    two.setClock(Date.UTC(1970, 0, 1) - clock.now());
    two.reboot();
    await live(10 * minute, 5000);
    await until(allOnline);
    two.setClock(0);
    two.reboot();
    await until(() => !standing.has('cam-2 clock-wrong '), day);
    expect(conditionsOf('cam-2', heard).filter((text) => text.startsWith('clock'))).toEqual(['clock-wrong raised', 'clock-wrong cleared']);
    await settled();
    expect(await told(before)).toEqual([]);
  }, 120_000);

  it('July: every night each camera is asked anew, and nothing is told of it', async () => {
    const night = new Date(clock.now() + 30 * day);
    night.setHours(3, 55, 0, 0);
    clock.advance(night.getTime() - clock.now());
    await until(allOnline);
    await live(20 * minute);
    const before = (await entries()).length;
    const askedAt = () => fleet.cameras.map((one) => cameras.profile(one.id)?.details?.askedAt ?? 0);
    const evening = askedAt();
    await live(15 * minute);
    for (const [index, at] of askedAt().entries()) expect(at).toBeGreaterThan(evening[index] ?? 0);
    expect(await told(before)).toEqual([]);
  }, 120_000);

  it('August: another camera hangs on the pole; a person decides, and until then the inventory keeps the former', async () => {
    await quiet(45);
    const before = await settled();
    const former = registry.find('cam-1')?.identity.serial;
    camera(0).replace({ model: 'Successor', serial: 'NEW-0001' });
    await until(async () => (await findings.proposals()).length === 1);
    await settled();
    expect(registry.find('cam-1')?.identity.serial).toBe(former);
    expect(await told(before)).toEqual([]);
    const [proposal] = await findings.proposals();
    expect(proposal).toMatchObject({ kind: 'replaced', device: 'cam-1', after: { identity: { serial: 'NEW-0001' } } });
    await findings.accept(proposal?.id ?? 0, 'cli:kim');
    await cameras.refresh('cam-1', stop.signal);
    await settled();
    expect(registry.find('cam-1')?.identity).toMatchObject({ model: 'Successor', serial: 'NEW-0001', mac: camera(0).identity.mac });
    const since = await told(before);
    expect(since.length).toBeLessThanOrEqual(2);
    expect(new Set(since)).toEqual(new Set([`changed cam-1 ${camera(0).identity.firmware} NEW-0001`]));
    expect(await findings.proposals()).toEqual([]);
  }, 120_000);

  it('September: the current is gone for hours, which is lost and found, and no change of anything', async () => {
    await quiet(30);
    const [before, heard] = [await settled(), conditions.length];
    for (const one of fleet.cameras) one.power(false);
    await until(() => fleet.cameras.every((one) => standing.has(`${one.id} camera-lost `)), day);
    await live(3 * hour, 20_000);
    for (const one of fleet.cameras) one.power(true);
    await until(allOnline);
    for (const one of fleet.cameras)
      expect(conditionsOf(one.id, heard).filter((text) => text.startsWith('camera-'))).toEqual([
        'camera-lost raised',
        'camera-lost cleared',
      ]);
    await settled();
    expect(await told(before)).toEqual([]);
    expect(registry.find('nvr-1')?.channels.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  }, 120_000);

  it('October: a camera is set back to the factory, and gets its password again', async () => {
    await quiet(30);
    const [before, heard] = [await settled(), conditions.length];
    camera(1).reset();
    camera(1).reboot();
    await until(() => states().get('cam-2') === 'login-refused', day);
    camera(1).setPassword('second-year-2');
    await until(allOnline, day);
    expect(conditionsOf('cam-2', heard)).toEqual(expect.arrayContaining(['camera-login-refused raised', 'camera-login-refused cleared']));
    await settled();
    expect(await told(before)).toEqual([]);
  }, 120_000);

  it('December: a camera is removed, and the year is told in the order in which it went', async () => {
    await quiet(75);
    const before = await settled();
    await registry.remove('cam-2');
    await live(minute);
    expect((await told(before)).map((text) => text.slice(0, 13))).toEqual(['removed cam-2']);
    expect(cameras.status().map(({ id }) => id)).toEqual(expect.not.arrayContaining(['cam-2']));
    const all = await entries();
    const changes = all.filter(({ change }) => change === 'changed');
    for (const { device } of changes) expect(device.identity.serial).not.toBe('');
    expect(all.filter(({ change }) => change === 'added').map(({ device }) => device.id)).toEqual(['cam-1', 'cam-2', 'nvr-1']);
    expect(clock.now() - start).toBeGreaterThan(330 * day);
    // Three cameras, and a year of stories: no entry for nothing.
    expect(all.length).toBeLessThanOrEqual(14);
    expect([...standing].filter((key) => ![...ofLeaps].some((kind) => key.includes(kind)))).toEqual([]);
  }, 120_000);
});
