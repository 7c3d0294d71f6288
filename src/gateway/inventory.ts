// The inventory's story: what is configured or found reaches the registry, and what is registered reaches the rooms that watch it.

import type { Alarms } from '#alarms';
import { type Env, messageOf, type Service, untilAborted } from '#base';
import type { Cameras } from '#cameras';
import type { Channel, Device, DeviceIdentity } from '#model';
import type { Registry } from '#registry';
import type { Sensors } from '#sensors';
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
    if (registry.find(id)?.type === type) await registry.update(id, rest);
    else await registry.add(device);
  }
}

/** What a camera said of itself, into the registry; a camera that was removed meanwhile is left alone. */
export function recordIdentity(registry: Registry): (id: string, identity: DeviceIdentity, channels: readonly Channel[]) => Promise<void> {
  return async (id, identity, channels) => {
    if (registry.find(id)) await registry.update(id, { identity, channels });
  };
}

/** Conditions of a device that is no more say nothing any longer. Its open alarms stay until a person ends them. */
export async function clearConditions(device: string, alarms: Alarms, intake: Intake, env: Env): Promise<void> {
  const standing = (await alarms.openConditions()).filter((condition) => condition.device === device);
  for (const condition of standing) await intake.condition({ ...condition, state: 'cleared', time: env.clock.now() });
}

/** What happens when a device has left the registry. */
export type DeviceLeft = (device: string) => Promise<void>;

/** After a kill between a removal and what follows from it: what is said of devices that are no more is ended now. */
export async function forgetStrangers(registry: Registry, told: readonly { readonly device: string }[], left: DeviceLeft): Promise<void> {
  const strangers = new Set(told.map(({ device }) => device).filter((device) => device !== 'gateway' && !registry.find(device)));
  for (const device of strangers) await left(device);
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
      using _watch = registry.watch(({ change, device }) => {
        if (device.type !== 'camera') return;
        if (change === 'added') logged(device, enter(device));
        if (change === 'removed') logged(device, leave(device));
      });
      for (const device of registry.list('camera')) logged(device, enter(device));
      await untilAborted(signal);
    },
  };
}
