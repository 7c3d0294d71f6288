// What is done to a camera as a whole: its restart, and its clock read and set.
import { plausibleFromMs } from '#base';
import { faultOf } from '../faults.ts';
import { clockOffset, readCameraClock } from '../soap/index.ts';
import { descend, escapeXml, textAt, type XmlElement } from '../xml/index.ts';
import { faults } from './faults.ts';
import type { ControlWorld } from './reach.ts';
import { good } from './relays.ts';

/** A camera's clock. */
export interface ClockReading {
  /** The camera's clock minus ours, milliseconds; it says whole seconds. */
  readonly offsetMs: number;
  /** Whether it takes its time from an NTP server. */
  readonly byNtp: boolean;
  /** POSIX 1003.1: `KST-9`; empty where it does not say. */
  readonly zone: string;
}

/** Acts on whole cameras. All throw cameras.unknown, cameras.not-ready, cameras.act-failed. */
export interface DeviceActs {
  /** Resolves when the camera has taken the order. */
  reboot(camera: string): Promise<void>;
  clock(camera: string): Promise<ClockReading>;
  /** Sets the camera's clock to ours and reads it again; its zone stays. @throws cameras.clock-by-ntp, cameras.own-clock-unset */
  setClock(camera: string): Promise<{ readonly before: ClockReading; readonly after: ClockReading }>;
}

const deviceSpace = 'http://www.onvif.org/ver10/device/wsdl';

/** Opens the acts; nothing is sent. */
export function openDeviceActs(world: ControlWorld): DeviceActs {
  const { env, closed } = world;
  const readClock = async (camera: string): Promise<{ readonly clock: ClockReading; readonly body: XmlElement }> => {
    const reply = await world.find(camera).session.readClock(closed);
    if (reply.result !== 'ok') throw faultOf(reply.failure);
    const cameraMs = readCameraClock(reply.body);
    if (cameraMs === undefined) throw faults.fault('act-failed', { detail: 'GetSystemDateAndTime: no UTC time' });
    const said = descend(reply.body, 'GetSystemDateAndTimeResponse', 'SystemDateAndTime');
    const clock = {
      offsetMs: clockOffset(cameraMs, env.clock.now(), reply.tookMs),
      byNtp: textAt(said, 'DateTimeType') === 'NTP',
      zone: textAt(said, 'TimeZone', 'TZ').slice(0, 60),
    };
    return { clock, body: reply.body };
  };
  return {
    async reboot(camera) {
      const calls = good(await world.reach(camera));
      // The package would ask the DeviceIO service, where no camera looks for it (ONVIF Core §8.3.10).
      good(await calls.send(`<SystemReboot xmlns="${deviceSpace}"/>`, { service: 'device', expect: 'SystemRebootResponse' }));
    },
    clock: async (camera) => (await readClock(camera)).clock,
    async setClock(camera) {
      if (env.clock.now() < plausibleFromMs) throw faults.fault('own-clock-unset');
      const { clock: before, body } = await readClock(camera);
      if (before.byNtp) throw faults.fault('clock-by-ntp');
      const said = descend(body, 'GetSystemDateAndTimeResponse', 'SystemDateAndTime');
      const calls = good(await world.reach(camera));
      // It is set to whole seconds: begin with one.
      await env.clock.sleep(1000 - (env.clock.now() % 1000), closed);
      const time = {
        dateTime: new Date(env.clock.now()),
        dateTimeType: 'Manual' as const,
        daylightSavings: textAt(said, 'DaylightSavings') === 'true',
        ...(before.zone !== '' && { timezone: escapeXml(before.zone) }),
      };
      good(await calls.fetch('SetSystemDateAndTimeResponse', (cam) => cam.setSystemDateAndTime(time, () => {})));
      return { before, after: (await readClock(camera)).clock };
    },
  };
}
