// One sensor that is asked: keeps its state, lets the pure rules judge what was seen, and tells what they say.
import { type Env, messageOf } from '#base';
import type { SensorStatus, SensorsDeps } from './driver.ts';
import type { EndedPoint } from './endings.ts';
import { openLostReadings } from './lost-readings.ts';
import type { Template } from './options.ts';
import {
  endedByPerson,
  faultOf,
  type Observation,
  type SensorState,
  type SensorStep,
  seedSensor,
  stepSensor,
  withoutMemory,
} from './rules/index.ts';
import { openTeller } from './teller.ts';

/** Where a driver puts what it saw of one sensor. */
export interface Observer {
  /** Does not wait for the store, so polling goes on while a commit is slow. */
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
  /** As the sensor says them: what they are worth is known when they are asked for. */
  let raw: ReadonlyMap<string, number> = new Map();
  let endedMeanwhile: EndedPoint[] = [];
  let lastHeardAt: number | undefined;

  const note = (observation: Observation): void => {
    last = observation;
    if (observation.result !== 'values') return;
    lastHeardAt = env.clock.now();
  };
  // What jumps because it was calibrated has not moved.
  const correct = deps.calibrations?.join(sensor.device, sensor.template, () => {
    state &&= withoutMemory(state);
  });
  const moment = () => ({ wallMs: env.clock.now(), monotonicMs: env.clock.monotonicMs() });
  deps.endings?.join(sensor.device, (point) => {
    if (state) state = endedByPerson(sensor.template, state, point, moment());
    else if (seeding) endedMeanwhile.push(point);
  });
  const step = (before: SensorState, observation: Observation): SensorStep => stepSensor(sensor, before, { observation, moment: moment() });
  const noteLost = openLostReadings(sensor.device, world);
  const seed = async (): Promise<void> => {
    try {
      let seeded = seedSensor(sensor.template, await deps.openAlarms(sensor.device));
      for (const point of endedMeanwhile) seeded = endedByPerson(sensor.template, seeded, point, moment());
      state = seeded;
      if (last) apply(last);
    } catch (error) {
      if (!world.signal.aborted)
        env.log.error({ device: sensor.device, error: messageOf(error) }, 'open alarms cannot be read; trying again');
    } finally {
      seeding = undefined;
      endedMeanwhile = [];
    }
  };
  const apply = (observation: Observation): void => {
    if (!state || !teller.free) return;
    const { state: next, says, readings } = step(state, observation);
    state = next;
    teller.say(says);
    for (const reading of readings) deps.reading(reading).catch((error: unknown) => noteLost(1, error));
  };
  return {
    observe(seen) {
      const observation = correct && seen.result === 'values' ? { ...seen, values: correct(seen.values) } : seen;
      note(observation);
      if (seen.result === 'values') raw = seen.values;
      if (state) apply(observation);
      else seeding ??= seed();
    },
    status() {
      const unanswered = last?.result === 'silent' ? last.problem : undefined;
      if (state?.health.silent) return { state: 'silent', lastHeardAt, problem: unanswered, values: {} };
      if (lastHeardAt === undefined) return { state: 'waiting', lastHeardAt, problem: unanswered, values: {} };
      const fault = last?.result === 'values' ? last.fault : state && faultOf(state.health);
      return {
        state: fault ? 'fault' : 'ok',
        lastHeardAt,
        problem: fault,
        values: last?.result === 'silent' ? {} : Object.fromEntries(correct ? correct(raw) : raw),
      };
    },
    async settled() {
      await seeding;
      await teller.settled();
    },
  };
}
