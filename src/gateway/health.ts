// The health story: what the gateway says of itself, to the technician, to the hub and to systemd.
import type { AlarmCounts } from '#alarms';
import type { Env } from '#base';
import type { Cameras } from '#cameras';
import type { Result } from '#control';
import { type Condition, type ConditionKind, conditionKinds, type Identity, severities } from '#model';
import type { Sensors } from '#sensors';
import type { Streams, StreamsStatus } from '#streams';
import type { Uplink, UplinkStatus } from '#uplink';
import { type FiguresDeps, openFigures } from './figures.ts';
import type { StoreCare } from './store-health.ts';

/** The rooms that are asked how they are. */
export interface HealthDeps extends FiguresDeps {
  readonly identity: Identity;
  readonly version: string;
  readonly startedAt: number;
  readonly cameras: Cameras;
  readonly sensors: Sensors;
  readonly storeCare: Pick<StoreCare, 'failures' | 'now' | 'standing'>;
  readonly streams: Streams;
  readonly uplink: () => Uplink;
}

/** Conditions that stand now, by kind (0 where none does), and counters. */
interface Tallies {
  readonly alarms: AlarmCounts;
  readonly conditions: Readonly<Record<ConditionKind, number>>;
  readonly commands: UplinkStatus['commands'];
  readonly events: EventTally;
  readonly storeFailures: ReturnType<StoreCare['failures']>;
  readonly pictures: Pick<StreamsStatus, 'paths' | 'sessions'>;
}

/** What cameras have said since the start, and how long they could not be heard. */
interface EventTally {
  readonly breaks: number;
  readonly unheardMs: number;
  readonly understood: number;
  readonly unknown: number;
}

/** What the gateway says of itself. */
export interface Health {
  status(): Promise<Result<'status'>>;
  /** Small counts for the retained state. */
  counts(): Promise<Record<string, number>>;
  /** Numbers that the metrics show beside the status. */
  tallies(): Promise<Tallies>;
}

const maxConditions = 200;

/** Opens the gateway's own health. */
export function openHealth(deps: HealthDeps, env: Env): Health {
  const figures = openFigures(deps, env);
  /** What stands by the store's word, and what the store cannot be told. */
  const standing = (written: readonly Condition[]): readonly Condition[] => {
    const failing = deps.storeCare.standing();
    return failing ? [...written.filter(({ kind }) => kind !== failing.kind), failing] : written;
  };
  return {
    async status() {
      const [{ alarms, conditions, outbox, openGrants, readAt }, streams] = await Promise.all([figures(), deps.streams.status()]);
      const cameras = deps.cameras.status();
      const sensors = deps.sensors.status();
      return {
        version: deps.version,
        ...deps.identity,
        time: env.clock.now(),
        startedAt: deps.startedAt,
        uplink: viewUplink(deps.uplink().status()),
        cameras: { total: cameras.length, online: cameras.filter((camera) => camera.state === 'online').length },
        sensors: { total: sensors.length, silent: sensors.filter((sensor) => sensor.state === 'silent').length },
        alarms: { open: alarms.open + alarms.openTest },
        conditions: gravestFirst(standing(conditions)).slice(0, maxConditions),
        outbox: {
          entries: outbox.entries,
          sizeBytes: outbox.sizeBytes,
          destinations: outbox.destinations.map(({ name, ...rest }) => ({ destination: name, ...rest })),
        },
        store: { ...deps.storeCare.now(), readAt },
        grants: { open: openGrants },
        streams: {
          relay: streams.media.state,
          sources: streams.paths.filter((path) => path.state !== 'idle').length,
          readers: streams.sessions.length,
        },
      };
    },
    async counts() {
      const { outbox, alarms } = await figures();
      const cameras = deps.cameras.status();
      return {
        cameras: cameras.length,
        camerasOnline: cameras.filter((camera) => camera.state === 'online').length,
        sensors: deps.sensors.status().length,
        alarmsOpen: alarms.open + alarms.openTest,
        waiting: outbox.destinations.reduce((sum, destination) => sum + destination.pending, 0),
        storeFailing: deps.storeCare.now().state === 'failing' ? 1 : 0,
      };
    },
    async tallies() {
      const [{ alarms, conditions }, { paths, sessions }] = await Promise.all([figures(), deps.streams.status()]);
      const { commands } = deps.uplink().status();
      const events = countEvents(deps.cameras.status());
      const storeFailures = deps.storeCare.failures();
      return { alarms, conditions: countKinds(standing(conditions)), commands, events, storeFailures, pictures: { paths, sessions } };
    },
  };
}

/** The uplink as the socket shows it. */
function viewUplink({ protocolVersion, lastError, routes, unheard: _, isHeard: __, ...rest }: UplinkStatus): Result<'status'>['uplink'] {
  return {
    ...rest,
    protocolVersion: protocolVersion === undefined ? undefined : protocolVersion === '5' ? 5 : 4,
    lastError: viewError(lastError),
    routes: routes.map((route) => ({ ...route, lastError: viewError(route.lastError) })),
  };
}

function viewError(error: UplinkStatus['lastError']): Result<'status'>['uplink']['lastError'] {
  return error && { message: error.text, hint: error.hint };
}

function gravestFirst(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted(
    (left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity) || left.time - right.time,
  );
}

function countEvents(cameras: ReturnType<Cameras['status']>): EventTally {
  const sum = { breaks: 0, unheardMs: 0, understood: 0, unknown: 0 };
  for (const { breaks, messages, unknownTopics } of cameras) {
    const unknown = Object.values(unknownTopics).reduce((total, count) => total + count, 0);
    sum.breaks += breaks.count;
    sum.unheardMs += breaks.unheardMs;
    sum.unknown += unknown;
    sum.understood += messages - unknown;
  }
  return sum;
}

function countKinds(conditions: readonly Condition[]): Record<ConditionKind, number> {
  const counts = Object.fromEntries(Object.keys(conditionKinds).map((kind) => [kind, 0])) as Record<ConditionKind, number>;
  for (const { kind } of conditions) counts[kind] += 1;
  return counts;
}
