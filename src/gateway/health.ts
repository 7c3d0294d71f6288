// The health story: what the gateway says of itself, to the technician, to the hub and to systemd.
import type { Access } from '#access';
import type { AlarmCounts, Alarms } from '#alarms';
import type { Env } from '#base';
import type { Cameras } from '#cameras';
import type { Result } from '#control';
import { type Condition, type ConditionKind, conditionKinds, type Identity, severities } from '#model';
import type { Outbox } from '#outbox';
import type { Sensors } from '#sensors';
import type { Store, StoreProcedures } from '#store';
import type { Streams } from '#streams';
import type { Uplink, UplinkStatus } from '#uplink';

/** The rooms that are asked how they are. */
export interface HealthDeps {
  readonly identity: Identity;
  readonly version: string;
  readonly startedAt: number;
  readonly access: Access;
  readonly alarms: Alarms;
  readonly cameras: Cameras;
  readonly outbox: Outbox;
  readonly sensors: Sensors;
  readonly store: Store;
  readonly streams: Streams;
  readonly uplink: () => Uplink;
}

/** Conditions that stand now, by kind (0 where none does), and counters. */
interface Tallies {
  readonly alarms: AlarmCounts;
  readonly conditions: Readonly<Record<ConditionKind, number>>;
  readonly commands: UplinkStatus['commands'];
}

/** What the gateway says of itself. */
export interface Health {
  status(): Promise<Result<'status'>>;
  /** Small counts for the retained state. */
  counts(): Promise<Record<string, number>>;
  /** Numbers that the metrics show beside the status. */
  tallies(): Promise<Tallies>;
  /** Resolves when the threads answer; a store that answers with a fault is alive, and its disk is sick. */
  alive(): Promise<void>;
}

const maxConditions = 200;

/** Opens the gateway's own health. */
export function openHealth(deps: HealthDeps, env: Env): Health {
  const calls = deps.store.procedures<StoreProcedures>('store');
  return {
    async status() {
      const [alarms, conditions, outbox, grants, streams] = await Promise.all([
        deps.alarms.counts(),
        deps.alarms.openConditions(),
        deps.outbox.stats(),
        deps.access.openGrants(),
        deps.streams.status(),
      ]);
      const cameras = deps.cameras.status();
      const sensors = deps.sensors.status();
      const uplink = deps.uplink().status();
      return {
        version: deps.version,
        ...deps.identity,
        time: env.clock.now(),
        startedAt: deps.startedAt,
        uplink: {
          connected: uplink.connected,
          address: uplink.address,
          protocolVersion: uplink.protocolVersion === undefined ? undefined : uplink.protocolVersion === '5' ? 5 : 4,
          since: uplink.since,
          attempts: uplink.attempts,
          lastError: uplink.lastError && { message: uplink.lastError.text, hint: uplink.lastError.hint },
        },
        cameras: { total: cameras.length, online: cameras.filter((camera) => camera.state === 'online').length },
        sensors: { total: sensors.length, silent: sensors.filter((sensor) => sensor.state === 'silent').length },
        alarms: { open: alarms.open + alarms.openTest },
        conditions: gravestFirst(conditions).slice(0, maxConditions),
        outbox: {
          entries: outbox.entries,
          sizeBytes: outbox.sizeBytes,
          destinations: outbox.destinations.map(({ name, ...rest }) => ({ destination: name, ...rest })),
        },
        grants: { open: grants.length },
        streams: {
          running: streams.media.state === 'up',
          sources: streams.paths.filter((path) => path.state !== 'idle').length,
          readers: streams.sessions.length,
        },
      };
    },
    async counts() {
      const [stats, alarms] = await Promise.all([deps.outbox.stats(), deps.alarms.counts()]);
      const cameras = deps.cameras.status();
      return {
        cameras: cameras.length,
        camerasOnline: cameras.filter((camera) => camera.state === 'online').length,
        sensors: deps.sensors.status().length,
        alarmsOpen: alarms.open + alarms.openTest,
        waiting: stats.destinations.reduce((sum, destination) => sum + destination.pending, 0),
      };
    },
    async tallies() {
      const [alarms, standing] = await Promise.all([deps.alarms.counts(), deps.alarms.openConditions()]);
      return { alarms, conditions: countKinds(standing), commands: deps.uplink().status().commands };
    },
    async alive() {
      await calls.describe().catch(() => undefined);
    },
  };
}

function gravestFirst(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted(
    (left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity) || left.time - right.time,
  );
}

function countKinds(conditions: readonly Condition[]): Record<ConditionKind, number> {
  const counts = Object.fromEntries(Object.keys(conditionKinds).map((kind) => [kind, 0])) as Record<ConditionKind, number>;
  for (const { kind } of conditions) counts[kind] += 1;
  return counts;
}
