// The inventory's story: what is configured or found reaches the registry, and what is registered reaches the rooms that watch it.

import type { Alarms } from '#alarms';
import { type Env, messageOf, type Service, type Text, untilAborted } from '#base';
import type { Cameras } from '#cameras';
import { type Channel, type Condition, type Device, type DeviceFeatures, type DeviceIdentity, isId } from '#model';
import type { Registry } from '#registry';
import type { Sensors } from '#sensors';
import { insist, outwait } from './insist.ts';
import type { Intake } from './intake.ts';

/** Brings the registry's sensors in line with the configuration: added, changed, removed; each change is an inventory entry. */
export async function syncSensors(registry: Registry, sensors: Sensors, left: DeviceLeft): Promise<void> {
  const configured = new Map(sensors.devices().map((device) => [device.id, device]));
  for (const known of registry.list('sensor')) {
    if (configured.has(known.id)) continue;
    await registry.remove(known.id);
    await left(known.id);
  }
  for (const device of configured.values()) {
    const { id, type, ...rest } = device;
    if (registry.find(id)?.type === type) await registry.update(id, { ...rest, record: rest.record ?? {} });
    else await registry.add(device);
  }
}

/** What a camera said of itself, into the registry; a camera that was removed meanwhile is left alone. */
export function recordIdentity(
  registry: Registry,
  isAnother: (id: string, identity: DeviceIdentity) => Promise<boolean>,
): (id: string, identity: DeviceIdentity, channels: readonly Channel[], features?: DeviceFeatures) => Promise<void> {
  return async (id, identity, channels, features) => {
    // Another camera on the same pole: a person decides whether it takes the place of the former.
    if (!registry.find(id) || (await isAnother(id, identity))) return;
    const known = registry.find(id)?.identity;
    // What takes further questions is not forgotten because it was not asked this time.
    const whole = { ...identity, ...keep('mac', identity, known), ...keep('hardware', identity, known) };
    await registry.update(id, { identity: whole, channels, ...(features && { features }) });
  };
}

function keep(field: 'mac' | 'hardware', said: DeviceIdentity, known: DeviceIdentity | undefined): Partial<DeviceIdentity> {
  const value = said[field] ?? known?.[field];
  return value === undefined ? {} : { [field]: value };
}

/** Conditions of a device that is no more say nothing any longer. Its open alarms stay until a person ends them. */
export async function clearConditions(device: string, alarms: Alarms, intake: Intake, env: Env): Promise<void> {
  const standing = (await alarms.openConditions()).filter((condition) => condition.device === device);
  for (const condition of standing) await intake.condition({ ...condition, state: 'cleared', time: env.clock.now() });
}

/** What happens when a device has left the registry. */
export type DeviceLeft = (device: string) => Promise<void>;

/**
 * After a kill between a removal and what follows from it: what is said (`told`) of devices that are no more is ended. A device of which damage has left
 * its id is none of these.
 */
export function forgetStrangers(
  registry: Registry,
  told: () => Promise<readonly { readonly device: string }[]>,
  left: DeviceLeft,
  env: Env,
): Service {
  const forget = async (): Promise<void> => {
    const known = new Set(['gateway', ...registry.unreadable()]);
    const strangers = new Set((await told()).map(({ device }) => device).filter((device) => !known.has(device) && !registry.find(device)));
    for (const device of strangers) await left(device);
  };
  return {
    name: 'devices that are no more',
    async run(signal) {
      await outwait(forget, 'devices that are no more', env, signal).catch((error: unknown) =>
        env.log.error({ error: messageOf(error) }, 'what is said of devices that are no more could not be ended'),
      );
      await untilAborted(signal);
    },
  };
}

/** Hands the registered cameras to the room that watches them, now and at every change. */
export function followCameras(registry: Registry, cameras: Cameras, left: DeviceLeft, env: Env): Service {
  const enter = async (device: Device): Promise<void> => {
    // Without its login the camera says itself what it lacks, and that becomes a condition.
    const login = await registry.login(device.id).catch((error: unknown) => {
      env.log.error({ device: device.id, error: messageOf(error) }, 'the login of a camera cannot be opened; enter it again');
      return undefined;
    });
    cameras.add({ device, login });
  };
  const leave = async (device: Device): Promise<void> => {
    await left(device.id);
    await cameras.remove(device.id);
  };
  const logged = (device: Device, work: Promise<void>): void => {
    work.catch((error: unknown) =>
      env.log.error({ device: device.id, error: messageOf(error) }, 'a change of the registry did not reach the cameras'),
    );
  };
  return {
    name: 'inventory',
    async run(signal) {
      const seats = new Map<string, string>();
      using _watch = registry.watch(({ change, device }) => {
        if (device.type !== 'camera') return;
        const hasMoved = seats.get(device.id) !== seatOf(device);
        seats.set(device.id, seatOf(device));
        if (change === 'removed') seats.delete(device.id);
        if (change === 'removed') logged(device, leave(device));
        else if (hasMoved) logged(device, enter(device));
      });
      using _logins = registry.watchLogins((id) => {
        const device = registry.find(id);
        if (device?.type === 'camera') logged(device, enter(device));
      });
      for (const device of registry.list('camera')) {
        seats.set(device.id, seatOf(device));
        logged(device, enter(device));
      }
      await untilAborted(signal);
    },
  };
}

/** By what a camera is watched: another address or another group is another loop. */
function seatOf({ address, group = '' }: Device): string {
  return `${address} ${group}`;
}

const lost: Text = {
  ko: '이 장치의 등록 정보가 손상되어 감시하지 못합니다. 같은 ID로 다시 등록하십시오. 디스크도 점검하십시오.',
  en: 'The registration of this device is damaged, so that nobody watches it. Register it again under the same id, and look at the disk.',
};
const foundAgain: Text = { ko: '장치가 다시 등록되었습니다', en: 'The device is registered again' };

/** Tells of each registered device that damage has made unreadable, until it is registered anew or removed. */
export function tellUnreadable(registry: Registry, { intake, alarms }: { intake: Intake; alarms: Alarms }, env: Env): Service {
  const tell = (device: string, state: Condition['state']): Promise<void> =>
    intake.condition({
      device,
      channel: 'registry',
      kind: 'store-damaged',
      severity: 'major',
      state,
      time: env.clock.now(),
      message: state === 'raised' ? lost : foundAgain,
      detail: '',
    });
  return {
    name: 'damaged registrations',
    async run(signal) {
      using _watch = registry.watch(({ change, device }) => {
        if (change === 'added') void tell(device.id, 'cleared');
      });
      // An id that is none, since it was damaged too, could not be told.
      const unreadable = new Set(registry.unreadable().map((id) => (isId(id) ? id : 'gateway')));
      const standing = (await insist(() => alarms.openConditions(), 'what stands', env, signal)) ?? [];
      for (const { device, channel, kind } of standing) {
        if (kind === 'store-damaged' && channel === 'registry' && !unreadable.has(device)) await tell(device, 'cleared');
      }
      for (const device of unreadable) await tell(device, 'raised');
      await untilAborted(signal);
    },
  };
}
