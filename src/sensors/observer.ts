// One polled sensor: keeps its state, lets the pure rules judge what was seen, and tells what they say.
import { type Env, messageOf } from '#base';
import type { SensorStatus, SensorsDeps } from './driver.ts';
import type { Template } from './options.ts';
import { faultOf, type Observation, type SensorState, seedSensor, stepSensor } from './rules/index.ts';
import { openTeller } from './teller.ts';

/** Where a driver puts what it saw of one sensor. */
export interface Observer {
  /** Does not wait for the store: polling goes on while a commit is slow. */
  observe(observation: Observation): void;
  status(): Pick<SensorStatus, 'state' | 'lastHeardAt' | 'problem' | 'values'>;
  /** Waits until all that was said is committed or the signal aborted. */
  settled(): Promise<void>;
}

/** Opens the observer of `device`; the open alarms are asked for once, before the first observation counts. */
export function openObserver(
  sensor: { device: string; template: Template },
  world: { deps: SensorsDeps; env: Env; signal: AbortSignal },
): Observer {
  const { env, deps } = world;
  const teller = openTeller(deps, env, world.signal);
  let state: SensorState | undefined;
  let seeding: Promise<void> | undefined;
  let last: Observation | undefined;
  let lastHeardAt: number | undefined;

  const seed = async (): Promise<void> => {
    try {
      state = seedSensor(sensor.template, await deps.openAlarms(sensor.device));
      if (last) apply(last);
    } catch (error) {
      if (!world.signal.aborted)
        env.log.error({ device: sensor.device, error: messageOf(error) }, 'open alarms cannot be read; trying again');
    } finally {
      seeding = undefined;
    }
  };
  const apply = (observation: Observation): void => {
    if (!state || !teller.free) return;
    const moment = { wallMs: env.clock.now(), monotonicMs: env.clock.monotonicMs() };
    const step = stepSensor(sensor, state, { observation, moment });
    state = step.state;
    teller.say(step.says);
  };

  return {
    observe(observation) {
      last = observation;
      if (observation.result === 'values') lastHeardAt = env.clock.now();
      if (state) apply(observation);
      else seeding ??= seed();
    },
    status() {
      const values = last?.result === 'values' ? Object.fromEntries(last.values) : {};
      const unanswered = last?.result === 'silent' ? last.problem : undefined;
      if (state?.health.silent) return { state: 'silent', lastHeardAt, problem: unanswered, values };
      if (lastHeardAt === undefined) return { state: 'waiting', lastHeardAt, problem: unanswered, values };
      const fault = last?.result === 'values' ? last.fault : state && faultOf(state.health);
      return { state: fault ? 'fault' : 'ok', lastHeardAt, problem: fault, values };
    },
    async settled() {
      await seeding;
      await teller.settled();
    },
  };
}
