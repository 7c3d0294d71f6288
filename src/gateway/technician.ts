// The technician's story: what the local socket can ask, room by room.
import type { Access } from '#access';
import { BongsuError, type Env, messageOf, type Text } from '#base';
import type { CameraStatus, Cameras } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Device, Grant } from '#model';
import type { Registry } from '#registry';
import type { Sensors } from '#sensors';
import type { Streams } from '#streams';
import type { DiscoveryStory } from './discovery.ts';
import { noteText } from './end-notes.ts';
import { faults } from './faults.ts';
import type { Grants } from './grants.ts';
import { fetchStill } from './still.ts';
import { openTechnicianActs, type TechnicianActsDeps } from './technician-acts.ts';
import { openTechnicianAlarms, type TechnicianAlarmsDeps } from './technician-alarms.ts';
import { openTechnicianDiagnosis } from './technician-diagnosis.ts';
import { openTechnicianEvents } from './technician-events.ts';
import { openTechnicianLogins, type TechnicianLoginsDeps } from './technician-logins.ts';
import { openTechnicianOutbox, type TechnicianOutboxDeps } from './technician-outbox.ts';
import { openTechnicianRegistration } from './technician-registration.ts';
import { openTechnicianSensors, type TechnicianSensorsDeps } from './technician-sensors.ts';
import { openTechnicianStreams } from './technician-streams.ts';

/** The rooms behind the door. */
export interface TechnicianDeps extends TechnicianAlarmsDeps, TechnicianLoginsDeps, Omit<TechnicianOutboxDeps, 'access' | 'alarms'> {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly cameraActs: TechnicianActsDeps['cameraActs'];
  readonly discovery: DiscoveryStory['handlers'];
  readonly grants: Grants;
  readonly registry: Registry;
  readonly sensors: Pick<Sensors, 'bus' | 'devices' | 'status'>;
  readonly calibrations: TechnicianSensorsDeps['calibrations'];
  readonly status: () => Promise<Result<'status'>>;
  readonly streams: Streams;
}

const stillDurationMs = 60_000;

/** One handler for each operation of the socket. */
export function openTechnician(deps: TechnicianDeps, env: Env): ControlHandlers {
  const withCameras = {
    ...deps,
    requireCamera: (id: string) => requireCamera(id, deps.registry),
    viewCamera: (device: Device) =>
      viewCamera(
        device,
        deps.cameras.status().find(({ id }) => id === device.id),
      ),
  };
  return {
    status: deps.status,
    'camera.list': () => {
      const states = new Map(deps.cameras.status().map((status) => [status.id, status]));
      return Promise.resolve({ cameras: deps.registry.list('camera').map((device) => viewCamera(device, states.get(device.id))) });
    },
    'camera.snapshot': (input, context) => takeSnapshot(input, context, deps, env),
    'sensor.show': async ({ id }) => ({ sensor: { ...knownSensor(id, deps.sensors), ...(await careOf(deps))(id) } }),
    'sensor.list': async () => {
      const care = await careOf(deps);
      return { sensors: viewSensors(deps.sensors).map((sensor) => ({ ...sensor, ...care(sensor.id) })) };
    },
    ...deps.discovery,
    ...openTechnicianRegistration(withCameras),
    ...openTechnicianDiagnosis(withCameras),
    ...openTechnicianActs(deps, env),
    ...openTechnicianEvents(withCameras),
    ...openTechnicianLogins(deps),
    ...openTechnicianAlarms(deps, env),
    ...openTechnicianOutbox(deps, env),
    ...openTechnicianSensors({ ...deps, views: () => viewSensors(deps.sensors) }, env),
    ...openTechnicianStreams(deps, env),
    'grant.list': async (filter) => ({ grants: (await deps.access.list(filter)).map(viewGrant) }),
    'grant.revoke': async ({ id, reason }, { origin }) => ({ revoked: await deps.grants.end(id, 'revoked', reason, origin) }),
    'audit.verify': () => deps.access.verify(),
  };
}

/** So many topics and values of a camera are shown. */
const maxNotUnderstood = 10;

function requireCamera(id: string, registry: Registry): Device {
  const device = registry.find(id);
  if (device?.type !== 'camera') throw faults.fault('not-a-camera', { detail: id });
  return device;
}

function viewCamera(device: Device, status: CameraStatus | undefined): Result<'camera.list'>['cameras'][number] {
  const unknown = Object.entries({ ...status?.unknownTopics, ...status?.unknownValues });
  const notUnderstood = Object.fromEntries(unknown.toSorted(([, left], [, right]) => right - left).slice(0, maxNotUnderstood));
  return { ...device, state: status?.state ?? 'connecting', since: status?.since, message: status?.message, notUnderstood };
}

/** @throws gateway.device-unknown */
function knownSensor(id: string, sensors: TechnicianDeps['sensors']): Omit<Result<'sensor.show'>['sensor'], keyof Care> {
  const device = sensors.devices().find((each) => each.id === id);
  const status = sensors.status().find((each) => each.device === id);
  if (!device || !status) throw faults.fault('device-unknown', { detail: id });
  const { name, purpose, place, channels, identity, record } = device;
  const { device: _, ...rest } = status;
  const { maker, model } = identity;
  return { id, name, purpose, place, maker, model, channels: channels.map((channel) => channel.name), ...(record && { record }), ...rest };
}

function viewSensors(sensors: TechnicianDeps['sensors']): Result<'sensor.watch'>['sensors'] {
  const names = new Map(sensors.devices().map(({ id, name }) => [id, name]));
  return sensors.status().map(({ device, ...rest }) => ({ id: device, name: names.get(device) ?? '', ...rest }));
}

type Care = Pick<Result<'sensor.show'>['sensor'], 'calibrated' | 'quiets'>;

/** What people did to each sensor that still holds. */
async function careOf({ alarms, calibrations }: Pick<TechnicianDeps, 'alarms' | 'calibrations'>): Promise<(id: string) => Care> {
  const points = Map.groupBy(calibrations.list(), ({ device }) => device);
  const quiets = Map.groupBy(await alarms.quiets(), ({ device }) => device);
  return (id) => ({ calibrated: (points.get(id) ?? []).map(({ point }) => point), quiets: quiets.get(id) ?? [] });
}

/** A picture for a technician, under a grant of the `maintenance` service in his own name. */
async function takeSnapshot(
  { id, channel, reason }: Input<'camera.snapshot'>,
  { origin, signal }: CallContext,
  deps: TechnicianDeps,
  env: Env,
): Promise<Result<'camera.snapshot'>> {
  const { channels } = requireCamera(id, deps.registry);
  const deviceKnown = channels.some((one) => one.number === channel);
  const grant = {
    service: 'maintenance',
    incident: reason,
    recipient: { agency: 'maintenance', person: origin },
    ground: 'purpose',
    until: new Date(env.clock.now() + stillDurationMs).toISOString(),
  };
  const opened = await deps.grants.open({
    form: 'still',
    device: id,
    channel,
    quality: 'main',
    deviceKnown,
    grant,
    origin,
    commandId: '',
    services: ['maintenance'],
  });
  if (opened.result === 'refused') throw deviceKnown ? refusal(opened.text) : faults.fault('no-channel', { detail: `${id}/${channel}` });
  if (opened.result === 'failed') throw opened.fault;
  const image = await fetchStill(deps.streams.localAddress('still', opened.token), signal).catch(async (error: unknown) => {
    // Whatever became of it: its grant takes a seat as long as it is open.
    await deps.grants.fail(opened.grant.id, messageOf(error));
    throw error;
  });
  return { grant: opened.grant.id, takenAt: env.clock.now(), image: image.toString('base64') };
}

/** The rule that said no is told in both languages. */
function refusal({ ko, en }: Text): BongsuError {
  const { message, hint } = faults.entries.refused;
  return new BongsuError('gateway.refused', { message: { ko: `${message.ko}: ${ko}`, en: `${message.en}: ${en}` }, hint });
}

function viewGrant(grant: Grant): Result<'grant.list'>['grants'][number] {
  return { ...grant, end: grant.end && { ...grant.end, text: noteText(grant.end.note) } };
}
