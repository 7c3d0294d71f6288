// Relay outputs: listed, set, and pulsed with an end that the gateway itself sees to.
import { type BongsuError, messageOf } from '#base';
import type { ControlOptions } from '../control-options.ts';
import { faultOf } from '../faults.ts';
import { type RelayOutput, readRelays } from '../onvif/index.ts';
import { escapeXml } from '../xml/index.ts';
import { faults } from './faults.ts';
import type { Called, CallsTo, ControlWorld } from './reach.ts';

/** The relay outputs of cameras. */
export interface Relays {
  /** @throws cameras.unknown, cameras.not-ready, cameras.act-failed */
  list(camera: string): Promise<readonly RelayOutput[]>;
  /** @throws cameras.relays-off, cameras.relay-unknown and those of `list` */
  set(camera: string, token: string, active: boolean): Promise<void>;
  /**
   * Active now, inactive after `forMs` at most; resolves when it is active. A relay that falls back by itself (`Monostable`) is left to do so.
   * If the gateway is killed meanwhile, a bistable relay stays active. @throws as `set`
   */
  pulse(camera: string, token: string, forMs: number): Promise<void>;
  /** Ends the pulses that run. */
  close(): Promise<void>;
}

const portSpace = 'http://www.onvif.org/ver10/deviceIO/wsdl';
const deviceSpace = 'http://www.onvif.org/ver10/device/wsdl';
const endTries = 5;
const endAgainMs = 1000;

/** Opens the relays; nothing is sent. */
export function openRelays(options: Pick<ControlOptions, 'relays' | 'pulseMax'>, world: ControlWorld): Relays {
  const { env, closed } = world;
  const pulses = new Map<string, { readonly timer: Disposable; end(): Promise<void> }>();
  const reach = async (camera: string): Promise<CallsTo> => good(await world.reach(camera));
  const list = async (calls: CallsTo): Promise<readonly RelayOutput[]> => {
    const { service, space } = portOf(calls);
    const reply = await calls.send(`<GetRelayOutputs xmlns="${space}"/>`, { service, expect: 'GetRelayOutputsResponse' });
    return readRelays(good(reply));
  };
  const find = async (camera: string, token: string): Promise<RelayOutput> => {
    if (!options.relays) throw faults.fault('relays-off');
    const relay = (await list(await reach(camera))).find((one) => one.token === token);
    if (!relay) throw faults.fault('relay-unknown', { detail: token });
    return relay;
  };
  const write = async (camera: string, token: string, state: 'active' | 'inactive'): Promise<void> => {
    const calls = await reach(camera);
    const { service, space } = portOf(calls);
    const inside = `<RelayOutputToken>${escapeXml(token)}</RelayOutputToken><LogicalState>${state}</LogicalState>`;
    const request = `<SetRelayOutputState xmlns="${space}">${inside}</SetRelayOutputState>`;
    good(await calls.send(request, { service, expect: 'SetRelayOutputStateResponse' }));
  };
  const end = async (camera: string, token: string): Promise<void> => {
    for (let left = endTries; left > 0; left -= 1) {
      try {
        return await write(camera, token, 'inactive');
      } catch (error) {
        env.log.error({ camera, relay: token, error: messageOf(error) }, 'the pulse of a relay could not be ended');
        if (left === 1 || closed.aborted) return;
        await env.clock.sleep(endAgainMs, closed).catch(() => {});
      }
    }
  };
  const forget = (key: string): void => {
    pulses.get(key)?.timer[Symbol.dispose]();
    pulses.delete(key);
  };
  return {
    list: async (camera) => list(await reach(camera)),
    async set(camera, token, active) {
      await find(camera, token);
      forget(keyOf(camera, token));
      await write(camera, token, active ? 'active' : 'inactive');
    },
    async pulse(camera, token, forMs) {
      const relay = await find(camera, token);
      const key = keyOf(camera, token);
      forget(key);
      if (relay.mode === 'Monostable') return write(camera, token, 'active');
      const finish = (): Promise<void> => {
        forget(key);
        return end(camera, token);
      };
      // Before it is sent: a camera whose answer is lost has switched all the same.
      pulses.set(key, { timer: env.clock.after(Math.min(forMs, options.pulseMax), () => void finish()), end: finish });
      await write(camera, token, 'active');
    },
    async close() {
      await Promise.all([...pulses.values()].map((pulse) => pulse.end()));
    },
  };
}

/** DeviceIO where the camera serves it, else the device service: both write relays alike (DeviceIO §5.4, Core §8.6). */
function portOf(calls: CallsTo): { readonly service: string; readonly space: string } {
  return calls.service('deviceIO') ? { service: 'deviceIO', space: portSpace } : { service: 'device', space: deviceSpace };
}

function keyOf(camera: string, token: string): string {
  return JSON.stringify([camera, token]);
}

/** @throws cameras.act-failed */
export function good<T>(called: Called<T>): T {
  if (called.result === 'failed') throw faultOf(called.failure) satisfies BongsuError;
  return called.value;
}
