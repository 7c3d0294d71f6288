// A year of cameras that are moved, swapped, exchanged, updated and switched off, looked at every week: the registry knows where each is, and asks about no more than what was exchanged.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLog, openSealer, systemEnv, systemRandom } from '#base';
import type { Finding, InventoryChange } from '#model';
import { type Findings, openFindings, openRegistry, type Registry } from '#registry';
import { openStore, type Store } from '#store';
import { openFakeClock } from '../fakes/clock.ts';
import type { EntryProcedures } from './thread-entry.ts';

const clock = openFakeClock(Date.UTC(2026, 0, 5));
const env = { ...systemEnv(openLog('silent')), clock };
const weekMs = 7 * 86_400_000;
const poles = 24;

/** What truly stands at a pole. */
interface Truth {
  host: number;
  serial: string;
  endpoint: string;
  firmware: number;
  isOn: boolean;
}

let folder = '';
let store: Store;
let registry: Registry;
let findings: Findings;
let made = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-year-'));
  const workerData = { path: join(folder, 'bongsu.db') };
  store = await openStore(
    { entry: new URL('thread-entry.ts', import.meta.url), workerData, queueLimit: 20_000 },
    systemEnv(openLog('silent')),
  );
  registry = await openRegistry({ store, sealer: openSealer(Buffer.alloc(32, 7), systemRandom) }, env);
  findings = openFindings({ store, registry, online: () => new Set(), asked: async () => {} }, env);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function newCamera(host: number): Truth {
  made += 1;
  return { host, serial: `SN${10_000 + made}`, endpoint: `urn:uuid:cam-${made}`, firmware: 1, isOn: true };
}
const idOf = (pole: number): string => `cam-${pole}`;

/** As a stranger sees it: the endpoint; every third tells its serial to everybody. */
function seen({ host, serial, endpoint, firmware }: Truth, pole: number): Finding {
  const isOpen = pole % 3 === 0;
  const identity = { maker: 'M', model: 'X', firmware: isOpen ? String(firmware) : '', serial: isOpen ? serial : '' };
  return { address: `10.0.0.${host}`, endpoint, mac: '', identity, name: '', problems: [], clockOffsetMs: 0, way: 'unicast' };
}

const event = fc.record({
  what: fc.constantFrom('move', 'swap', 'exchange', 'update', 'off', 'on'),
  pole: fc.nat(poles - 1),
  other: fc.nat(poles - 1),
});

it('tells it right', { timeout: 120_000 }, async () => {
  const weeks = fc.sample(fc.array(event, { maxLength: 3 }), { numRuns: 52, seed: 20_261_120 });
  const truth = Array.from({ length: poles }, (_, pole) => newCamera(pole + 1));
  let free = poles + 1;
  for (const [pole, { host, serial }] of truth.entries()) {
    const identity = { maker: 'M', model: 'X', firmware: '1', serial };
    await registry.add({
      id: idOf(pole),
      type: 'camera',
      name: '',
      address: `10.0.0.${host}`,
      purpose: '',
      place: {},
      channels: [],
      identity,
    });
  }
  const look = async (): Promise<readonly string[]> => {
    const all = truth.flatMap((camera, pole) => (camera.isOn ? [seen(camera, pole)] : []));
    return (await findings.note(all, { follow: true })).proposed.map(({ kind, device }) => `${kind} ${device}`);
  };
  expect(await look()).toEqual([]);
  for (const events of weeks) {
    const expected = new Set<string>();
    const touched = new Set<number>();
    for (const { what, pole, other } of events) {
      const [one, two] = [truth[pole], truth[other]];
      // One thing a week for each, and only with cameras that are there: what two things at once look like is another test.
      if (!one || !two || touched.has(pole) || touched.has(other)) continue;
      if (what === 'on') one.isOn = true;
      if (!one.isOn || !two.isOn) continue;
      touched.add(pole).add(other);
      if (what === 'off') one.isOn = false;
      if (what === 'update') one.firmware += 1;
      if (what === 'move') one.host = free++;
      if (what === 'swap') [one.host, two.host] = [two.host, one.host];
      if (what === 'exchange') {
        truth[pole] = newCamera(one.host);
        expected.add(`replaced ${idOf(pole)}`);
      }
    }
    clock.advance(weekMs);
    expect(new Set(await look())).toEqual(expected);
    // The person says yes; the supervisor logs in and learns the serial.
    for (const { id, device } of await findings.proposals()) {
      await findings.accept(id, 'kim');
      const known = registry.find(device);
      const serial = truth[Number(device.slice(4))]?.serial ?? '';
      if (known) await registry.update(device, { identity: { ...known.identity, serial } });
    }
    for (const [pole, camera] of truth.entries()) {
      if (!camera.isOn) continue;
      expect(registry.find(idOf(pole)), `cam-${pole}`).toMatchObject({
        address: `10.0.0.${camera.host}`,
        identity: { serial: camera.serial },
      });
    }
  }
  const kept = await findings.list();
  expect(kept.filter(({ device }) => device !== '')).toHaveLength(poles);
  expect(Math.max(...kept.map(({ lastSeen }) => lastSeen)) - Math.min(...kept.map(({ firstSeen }) => firstSeen))).toBe(52 * weekMs);
  const entries = await store.procedures<EntryProcedures>('entries').list();
  const changes = entries.map((body) => body.value as InventoryChange);
  const last = new Map(changes.map(({ device }) => [device.id, device.address]));
  expect([...last.values()].toSorted()).toEqual(
    registry
      .list('camera')
      .map(({ address }) => address)
      .toSorted(),
  );
});
