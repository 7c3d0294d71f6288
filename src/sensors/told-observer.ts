// One sensor that tells: what it told last holds until it tells otherwise or is silent, and what time alone decides is judged when its moment comes, also after a restart.
import { type Env, messageOf } from '#base';
import type { Detail } from '#model';
import type { SensorStatus, SensorsDeps } from './driver.ts';
import { openLostReadings } from './lost-readings.ts';
import type { SensorMemory } from './memory.ts';
import type { Template } from './options.ts';
import {
  faultOf,
  hasCriticalRule,
  noteOf,
  type Observation,
  recallNote,
  type SensorState,
  type SensorStep,
  seedSensor,
  sensorDueOf,
  stepSensor,
  type Urgency,
  urgencyOf,
  withoutMemory,
} from './rules/index.ts';

type Values = Extract<Observation, { result: 'values' }>;

/** Where a source puts what one of its sensors told. */
export interface ToldObserver {
  /**
   * Resolves when all that it leads to is committed, its readings too while the store takes them within two seconds; `isAnswered` false: without waiting for
   * those, for nobody waits for an answer. Alarms are committed in the order of the calls; they do not wait for the readings of earlier calls, which are
   * handed over in that order. Rejects with the store's fault where an alarm or a condition is not taken: then it counts as never seen and the sender's
   * retry is judged anew. Readings that are not taken are counted and logged: for a measured value no alarm is held up.
   */
  take(observation: Values, isAnswered?: boolean): Promise<void>;
  /** What it would do to the sensor's critical alarms if it were taken now. */
  urgency(observation: Values): Urgency;
  status(): Pick<SensorStatus, 'state' | 'problem' | 'values'>;
  /** Waits until all that was taken is committed or given up. */
  settled(): Promise<void>;
}

/** A sensor and how long it may say nothing before what it told last counts no longer, milliseconds; 0: for ever. */
export interface ToldSensor {
  readonly device: string;
  readonly template: Template;
  readonly silentAfterMs: number;
}

const retryMs = 1000;
/** A message waits so long for the commit of its readings. */
const maxStoringMs = 2000;

/** Opens the observer; the open alarms and what an earlier life noted are asked for once, before the first observation counts. */
export function openToldObserver(
  sensor: ToldSensor,
  world: { readonly deps: SensorsDeps; readonly env: Env; readonly signal: AbortSignal; readonly memory: SensorMemory },
): ToldObserver {
  const { device, template, silentAfterMs } = sensor;
  const { deps, env, memory, signal } = world;
  const { clock } = env;
  let state: SensorState | undefined;
  let taking: Promise<unknown> = Promise.resolve();
  const storing = new Set<Promise<void>>();
  let values: ReadonlyMap<string, number> = new Map();
  let lastFault: Values['fault'];
  let isHeard = false;
  let detail: Detail = {};
  let noted: string | undefined;
  let heardAt = clock.monotonicMs();

  const moment = () => ({ wallMs: clock.now(), monotonicMs: clock.monotonicMs(), sinceBoot: clock.sinceBoot() });
  const seed = async (): Promise<SensorState> => {
    const seeded = seedSensor(template, await deps.openAlarms(device));
    const text = await memory.recall(device);
    heardAt = clock.monotonicMs();
    if (text === undefined) return seeded;
    const recalled = recallNote(template, seeded, { text, at: moment() });
    ({ detail } = recalled);
    noted = 'of an earlier life';
    return recalled.state;
  };
  /** A note that the store does not take is tried again; until then a restart would forget it. */
  const note = async (next: SensorState): Promise<void> => {
    const fresh = noteOf(template, next, { at: moment(), detail });
    if (fresh?.essence === noted) return;
    try {
      await memory.keep(device, fresh?.text);
      noted = fresh?.essence;
    } catch (error) {
      if (!signal.aborted) env.log.warn({ device, error: messageOf(error) }, 'what a sensor waits for is not kept; trying again');
      memory.due(device, clock.monotonicMs() + retryMs, tick);
    }
  };
  const correctValues = deps.calibrations?.join(device, template, () => {
    state &&= withoutMemory(state);
  });
  const correct = (seen: Values): Values => (correctValues ? { ...seen, values: correctValues(seen.values) } : seen);
  const noteLost = openLostReadings(device, world);
  const wait = (): void => {
    const now = moment();
    const due = state && sensorDueOf(template, state, now);
    const isBeyond = due !== undefined && silentAfterMs > 0 && due >= heardAt + silentAfterMs;
    memory.due(device, isBeyond || signal.aborted ? undefined : due, tick);
  };
  /** `isAnswered`: its sender waits, and forgets it then. */
  const commit = async ({ state: next, says }: SensorStep, isAnswered: boolean): Promise<void> => {
    for (const said of says) await ('report' in said ? deps.report(said.report, { answers: isAnswered }) : deps.condition(said.condition));
    state = next;
  };
  const store = async ({ state: next, readings }: SensorStep, isAnswered: boolean): Promise<void> => {
    try {
      await Promise.all(readings.map((reading) => deps.reading(reading, { answers: isAnswered })));
    } catch (error) {
      state &&= withUnsent(state, next.sent, readings);
      noteLost(readings.length, error);
    }
  };
  const passTime = async (): Promise<void> => {
    if (signal.aborted) return;
    state ??= await seed();
    const now = moment();
    const told = { id: undefined, time: now.wallMs, clockQuality: 'receipt', detail } as const;
    const isSilent = silentAfterMs > 0 && now.monotonicMs >= heardAt + silentAfterMs;
    if (!isSilent) await commit(stepSensor(sensor, state, { observation: { result: 'time', told }, moment: now }), false);
    wait();
    await note(state);
  };
  const tick = (): void => {
    taking = taking.then(passTime).catch((error: unknown) => {
      if (signal.aborted) return;
      env.log.error({ device, error: messageOf(error) }, 'the store does not take what time has decided; trying again');
      memory.due(device, clock.monotonicMs() + retryMs, tick);
    });
  };
  const takeOne = async (observation: Values, isAnswered: boolean): Promise<{ readonly stored: Promise<void> }> => {
    state ??= await seed();
    const step = stepSensor(sensor, state, { observation, moment: moment() });
    await commit(step, isAnswered);
    const stored = store(step, isAnswered);
    storing.add(stored);
    void stored.then(() => storing.delete(stored));
    isHeard = true;
    heardAt = clock.monotonicMs();
    lastFault = observation.fault;
    values = new Map([...values, ...observation.values]);
    if (observation.told) ({ detail } = observation.told);
    wait();
    await note(step.state);
    return { stored: isAnswered && step.readings.length > 0 ? inTime(stored, clock) : Promise.resolve() };
  };
  memory.join(device, tick);

  return {
    take(seen, isAnswered = true) {
      const taken = taking.then(() => takeOne(correct(seen), isAnswered));
      taking = taken.catch(() => {});
      return taken.then(({ stored }) => stored);
    },
    urgency(seen) {
      const observation = correct(seen);
      if (!state) return hasCriticalRule(template) ? 'raises' : 'none';
      return urgencyOf(template, state, stepSensor(sensor, state, { observation, moment: moment() }).state);
    },
    status() {
      if (!isHeard) return { state: 'waiting', problem: undefined, values: {} };
      const problem = lastFault ?? (state && faultOf(state.health));
      return { state: problem ? 'fault' : 'ok', problem, values: Object.fromEntries(values) };
    },
    async settled() {
      await Promise.allSettled([taking, ...storing]);
      await taking;
    },
  };
}

async function inTime(stored: Promise<void>, clock: Env['clock']): Promise<void> {
  const late = Promise.withResolvers<void>();
  using _timer = clock.after(maxStoringMs, late.resolve);
  await Promise.race([stored, late.promise]);
}

/** The sensor as if `readings` had not been sent, but for points of which a later one was. */
function withUnsent(state: SensorState, sent: SensorState['sent'], readings: SensorStep['readings']): SensorState {
  const lost = new Set(readings.map(({ channel }) => channel).filter((channel) => state.sent.get(channel) === sent.get(channel)));
  return { ...state, sent: new Map([...state.sent].filter(([channel]) => !lost.has(channel))) };
}
