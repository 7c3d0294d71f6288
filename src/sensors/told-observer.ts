// One sensor that tells: what it told last holds until it tells otherwise or is silent, and what time alone decides is judged when its moment comes, also after a restart.
import { type Env, messageOf } from '#base';
import type { Detail } from '#model';
import type { SensorStatus, SensorsDeps } from './driver.ts';
import { openLostReadings } from './lost-readings.ts';
import type { SensorMemory } from './memory.ts';
import type { Template } from './options.ts';
import {
  afterSilence,
  endedByPerson,
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
  unsaid,
  urgencyOf,
  withoutMemory,
} from './rules/index.ts';

type Values = Extract<Observation, { result: 'values' }>;

/** Where a source puts what one of its sensors told. */
export interface ToldObserver {
  /**
   * Resolves when all that it leads to is committed, its readings and conditions too while the store takes them within two seconds; `isAnswered` false: without
   * waiting for those, for nobody waits for an answer. Alarms are committed in the order of the calls; they wait neither for the conditions of earlier calls
   * nor for their notes and readings, which are handed over in that order each. Rejects with the store's fault where an alarm or a condition is not taken: then it
   * counts as never seen and the sender's retry is judged anew. Readings that are not taken are counted and logged; a condition that is taken late is told late:
   * for neither an alarm is held up, be it another sender's behind a platform's full hands.
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
/** A message waits so long for the commit of its readings, and of its conditions. */
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
  let telling: Promise<unknown> = Promise.resolve();
  let noting: Promise<void> = Promise.resolve();
  const storing = new Set<Promise<void>>();
  /** As the sensor says them: what they are worth is known when they are asked for. */
  let raw: ReadonlyMap<string, number> = new Map();
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
  const keep = async (): Promise<void> => {
    const fresh = state && noteOf(template, state, { at: moment(), detail });
    if (fresh?.essence === noted) return;
    try {
      await memory.keep(device, fresh?.text);
      noted = fresh?.essence;
    } catch (error) {
      if (!signal.aborted) env.log.warn({ device, error: messageOf(error) }, 'what a sensor waits for is not kept; trying again');
      memory.due(device, clock.monotonicMs() + retryMs, tick);
    }
  };
  /** Notes what is newest, one after the other: a store that is slow with a note holds up no alarm. */
  const note = (): Promise<void> => {
    noting = noting.then(keep);
    return noting;
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
  deps.endings?.join(device, (point) => {
    const end = async (): Promise<void> => {
      if (!state) return;
      state = endedByPerson(template, state, point, moment());
      wait();
      void note();
    };
    taking = taking.then(end);
  });
  /** Conditions, in their order and in nobody's way: a store that is sick may take them late. Rejects when it does not take them. */
  const tell = ({ state: next, says }: SensorStep, before: SensorState): Promise<void> => {
    const conditions = says.flatMap((said) => ('condition' in said ? [said.condition] : []));
    if (conditions.length === 0) return Promise.resolve();
    const tellAll = async (): Promise<void> => {
      for (const condition of conditions) await deps.condition(condition);
    };
    const told = telling.then(tellAll);
    telling = told.catch((error: unknown) => {
      state = state === next ? before : state && unsaid(template, state, conditions);
      if (!signal.aborted) env.log.error({ device, error: messageOf(error) }, 'the store does not take a condition');
      memory.due(device, clock.monotonicMs() + retryMs, tick);
    });
    return told;
  };
  /** Resolves when the alarms are committed; `told` is for the conditions. `isAnswered`: its sender waits, and forgets it then. */
  const commit = async (step: SensorStep, before: SensorState, isAnswered: boolean): Promise<{ readonly told: Promise<void> }> => {
    for (const said of step.says) if ('report' in said) await deps.report(said.report, { answers: isAnswered });
    state = step.state;
    return { told: tell(step, before) };
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
    if (!isSilent) await commit(stepSensor(sensor, state, { observation: { result: 'time', told }, moment: now }), state, false);
    wait();
    void note();
  };
  const tick = (): void => {
    taking = taking.then(passTime).catch((error: unknown) => {
      if (signal.aborted) return;
      env.log.error({ device, error: messageOf(error) }, 'the store does not take what time has decided; trying again');
      memory.due(device, clock.monotonicMs() + retryMs, tick);
    });
  };
  const takeOne = async (seen: Values, isAnswered: boolean): Promise<{ readonly stored: Promise<unknown> }> => {
    state ??= await seed();
    const observation = correct(seen);
    const isBack = silentAfterMs > 0 && clock.monotonicMs() >= heardAt + silentAfterMs;
    const before = isBack ? afterSilence(state) : state;
    const step = stepSensor(sensor, before, { observation, moment: moment() });
    const { told } = await commit(step, before, isAnswered);
    const stored = store(step, isAnswered);
    storing.add(stored);
    void stored.then(() => storing.delete(stored));
    isHeard = true;
    heardAt = clock.monotonicMs();
    lastFault = observation.fault;
    raw = new Map([...raw, ...seen.values]);
    if (observation.told) ({ detail } = observation.told);
    wait();
    const kept = note();
    if (!isAnswered) return { stored: Promise.resolve() };
    const isMore = step.readings.length > 0 || step.says.some((said) => 'condition' in said);
    return { stored: Promise.all([kept, ...(isMore ? [inTime(Promise.all([told, stored]), clock)] : [])]) };
  };
  memory.join(device, tick);

  return {
    take(seen, isAnswered = true) {
      const taken = taking.then(() => takeOne(seen, isAnswered));
      taking = taken.catch(() => {});
      return taken.then(async ({ stored }) => void (await stored));
    },
    urgency(seen) {
      const observation = correct(seen);
      if (!state) return hasCriticalRule(template) ? 'raises' : 'none';
      return urgencyOf(template, state, stepSensor(sensor, state, { observation, moment: moment() }).state);
    },
    status() {
      if (!isHeard) return { state: 'waiting', problem: undefined, values: {} };
      const problem = lastFault ?? (state && faultOf(state.health));
      return { state: problem ? 'fault' : 'ok', problem, values: Object.fromEntries(correctValues ? correctValues(raw) : raw) };
    },
    async settled() {
      await Promise.allSettled([taking, ...storing]);
      await Promise.all([taking, telling]);
      await noting;
    },
  };
}

async function inTime(stored: Promise<unknown>, clock: Env['clock']): Promise<void> {
  const late = Promise.withResolvers<void>();
  using _timer = clock.after(maxStoringMs, late.resolve);
  await Promise.race([stored, late.promise]);
}

/** The sensor as if `readings` had not been sent, but for points of which a later one was. */
function withUnsent(state: SensorState, sent: SensorState['sent'], readings: SensorStep['readings']): SensorState {
  const lost = new Set(readings.map(({ channel }) => channel).filter((channel) => state.sent.get(channel) === sent.get(channel)));
  return { ...state, sent: new Map([...state.sent].filter(([channel]) => !lost.has(channel))) };
}
