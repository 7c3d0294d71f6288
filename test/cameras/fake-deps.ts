// What the gateway would hand to the cameras room, in memory: alarms that open and close, conditions, and the room's own tables in SQLite.
import Database from 'better-sqlite3';
import { openLog, systemEnv } from '#base';
import { type CamerasDeps, camerasOptions } from '#cameras';
import { camerasMigrations, knowledgeMigrations, openCamerasProcedures, openKnowledgeProcedures } from '#cameras/tables';
import type { Alarm, Channel, Condition, Device, DeviceFeatures, DeviceIdentity, Report } from '#model';
import type { Store } from '#store';
import { ampleSpace, wellStore } from '../fakes/store.ts';

export const env = systemEnv(openLog('silent'));

/** Options with waits fit for a test. */
export function testOptions(changes: Record<string, unknown> = {}, events: Record<string, unknown> = {}) {
  return camerasOptions.parse({
    requestTimeout: '1s',
    retryMin: '100ms',
    retryMax: '1s',
    lostAfter: 1,
    checkEvery: '1s',
    ...changes,
    events: { pullWait: '5s', ...events },
  });
}

/** A store of this room's procedures alone, committed at once. */
export function openFakeStore(): Store & { readonly db: Database.Database } {
  const db = new Database(':memory:');
  for (const step of [...camerasMigrations.steps, ...knowledgeMigrations.steps]) db.exec(step);
  const world = { now: () => Date.now(), newId: () => 'id', bootId: 'boot', announce: () => {}, append: () => {}, space: ampleSpace };
  const procedures = { ...openCamerasProcedures(db, world), ...openKnowledgeProcedures(db, world) };
  const calls = Object.fromEntries(
    Object.entries(procedures).map(([name, procedure]) => [name, async (argument: never) => procedure(argument)]),
  );
  return {
    ...wellStore,
    db,
    procedures: () => calls as never,
    watch: () => ({ [Symbol.dispose]: () => {} }),
    crashed: new Promise(() => {}),
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}

export interface FakeDeps extends CamerasDeps {
  readonly reports: Report[];
  readonly conditions: Condition[];
  readonly identities: { id: string; identity: DeviceIdentity; channels: readonly Channel[] }[];
  readonly features: DeviceFeatures[];
  readonly open: Map<string, Report>;
  /** Conditions that stand, by kind (and channel). */
  standing(): string[];
  /** Rejects the next reports. */
  fail: (() => Error) | undefined;
}

export function openFakeDeps(store: Store = openFakeStore()): FakeDeps {
  const seen = new Set<string>();
  const standing = new Map<string, Condition>();
  const deps: FakeDeps = {
    store,
    reports: [],
    conditions: [],
    identities: [],
    features: [],
    open: new Map(),
    fail: undefined,
    standing: () => [...standing.keys()].toSorted(),
    async report(report) {
      if (deps.fail) throw deps.fail();
      deps.reports.push(report);
      const key = `${report.channel} ${report.kind}`;
      if (report.occurrence && seen.has(report.occurrence)) return { result: 'duplicate', alarmId: undefined };
      if (report.occurrence) seen.add(report.occurrence);
      if (report.state === 'active') {
        const known = deps.open.has(key);
        deps.open.set(key, report);
        return { result: known ? 'updated' : 'raised', alarmId: key };
      }
      if (report.state === 'inactive') return { result: deps.open.delete(key) ? 'cleared' : 'unchanged', alarmId: key };
      return { result: 'raised', alarmId: key };
    },
    async condition(step) {
      const key = `${step.kind}${step.channel && ` ${step.channel}`}`;
      if (step.state === 'raised') standing.set(key, step);
      else if (standing.get(key)?.device !== step.device || !standing.delete(key)) return 'unchanged';
      deps.conditions.push(step);
      return step.state;
    },
    async identified(id, identity, channels, features) {
      if (features) deps.features.push(features);
      deps.identities.push({ id, identity, channels });
    },
    async openAlarms() {
      return [...deps.open.values()].map(
        (report): Alarm => ({
          alarmId: 'a',
          device: report.device,
          channel: report.channel,
          kind: report.kind,
          severity: 'warning',
          raisedAt: report.time,
          clearedAt: undefined,
          updates: 0,
          test: false,
          detail: {},
        }),
      );
    },
  };
  return deps;
}

export function cameraDevice(id: string, address: string): Device {
  const identity = { maker: '', model: '', firmware: '', serial: '' };
  return { id, type: 'camera', name: id, address, purpose: '', place: {}, channels: [], identity };
}

/** Waits until `check` is true, at most `ms`. */
export async function until(check: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!check()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
