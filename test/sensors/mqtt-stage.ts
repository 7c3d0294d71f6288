// What the tests of MQTT share: sensors with an MQTT section that run, and Mosquitto's own clients.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { vi } from 'vitest';
import { type Env, openLog, systemEnv } from '#base';
import { openSensors, type Sensors, type SensorsDeps } from '#sensors';
import { sensorsOptions } from '#sensors/options';

/** Waits as short as they may be. */
const system = systemEnv(openLog('silent'));
const env: Env = { ...system, random: { ...system.random, uniform: () => 0 } };

/** Sensors that run; disposal ends them as SIGTERM does. */
export interface RunningSensors extends AsyncDisposable {
  readonly sensors: Sensors;
}

/** Runs sensors whose `mqtt` section is `mqtt`. */
export function runSensors(mqtt: object, deps: SensorsDeps, templates: object = {}): RunningSensors {
  const sensors = openSensors(sensorsOptions.parse({ mqtt, templates }), deps, env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  return {
    sensors,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** The port of the broker in the gateway, once it listens. */
export async function portOf({ sensors }: RunningSensors): Promise<number> {
  return await vi.waitFor(() => sensors.mqttAddress()?.port ?? Promise.reject(new Error('not yet')));
}

/** What one of Mosquitto's clients did. */
export interface ClientRun {
  /** Null: ended by us, after `limitMs`. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs `mosquitto_pub` or `mosquitto_sub` to its end, or for `limitMs`. */
export async function mosquitto(
  program: 'mosquitto_pub' | 'mosquitto_sub',
  port: number,
  flags: readonly string[],
  how: { readonly input?: string; readonly limitMs?: number } = {},
): Promise<ClientRun> {
  const child = spawn(program, ['-h', '127.0.0.1', '-p', String(port), ...flags], { stdio: 'pipe' });
  const timer = setTimeout(() => child.kill('SIGKILL'), how.limitMs ?? 10_000);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(how.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, output };
}

/** A source whose `{ "state": "alarm" | "normal" | "pressed" }` raises, clears or tells an event without an end. */
export const buttonMap = {
  id: 'id',
  rules: [
    { kind: 'emergency-call', state: 'active', when: { path: 'state', equals: ['alarm'] } },
    { kind: 'emergency-call', state: 'inactive', when: { path: 'state', equals: ['normal'] } },
    { kind: 'tamper', state: 'pulse', when: { path: 'state', equals: ['pressed'] } },
    { kind: 'intrusion', state: 'pulse', when: { path: 'value', equals: ['ON'] } },
  ],
};
