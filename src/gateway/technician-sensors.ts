// The technician's story of buses and measures: looks for units, reads and writes registers, watches values, calibrates; what changes something is on the audit first.
import type { Access } from '#access';
import type { Env } from '#base';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Calibrations, Sensors } from '#sensors';
import { faults } from './faults.ts';

/** The operations at buses and of measures. */
type SensorHandlers = Pick<
  ControlHandlers,
  'sensor.scan' | 'sensor.read' | 'sensor.write' | 'sensor.watch' | 'sensor.calibrate' | 'sensor.calibrate-undo' | 'sensor.calibrations'
>;

type SensorView = Result<'sensor.watch'>['sensors'][number];

export interface TechnicianSensorsDeps {
  readonly access: Pick<Access, 'account'>;
  readonly calibrations: Calibrations;
  readonly sensors: Pick<Sensors, 'bus' | 'status'>;
  /** All sensors as they are shown. */
  readonly views: () => readonly SensorView[];
}

/** One handler for each operation. */
export function openTechnicianSensors(deps: TechnicianSensorsDeps, env: Env): SensorHandlers {
  const { access, calibrations, sensors } = deps;
  return {
    'sensor.scan': (input, { signal }) => scan(input, deps, signal),
    'sensor.read': ({ bus, count, ...place }, { signal }) => sensors.bus(bus).read(place, count, signal),
    'sensor.write': (input, context) => write(input, context, deps),
    'sensor.watch': (input, { signal }) => watch(input, deps.views, env, signal),
    'sensor.calibrate': (input, { origin }) => calibrate(input, origin, deps, env),
    'sensor.calibrate-undo': async ({ id, point, reason }, { origin }) => {
      const { now } = calibrations.measure(id, point);
      if (!now) throw faults.fault('not-calibrated', { detail: `${id}/${point}` });
      await access.account({ act: 'sensor.calibrate-undo', by: origin, subject: `${id}/${point}`, detail: reason });
      return { calibration: await calibrations.undo(id, point) };
    },
    'sensor.calibrations': ({ id }) =>
      Promise.resolve({ calibrations: calibrations.list().filter(({ device }) => id === undefined || device === id) }),
  };
}

async function* scan(
  { bus, ...range }: Input<'sensor.scan'>,
  { sensors }: TechnicianSensorsDeps,
  signal: AbortSignal,
): AsyncGenerator<Result<'sensor.scan'>> {
  yield* sensors.bus(bus).scan(range, signal);
}

async function write(
  { bus, values, multiple, reason, ...place }: Input<'sensor.write'>,
  { origin, signal }: CallContext,
  { access, sensors }: TechnicianSensorsDeps,
): Promise<Result<'sensor.write'>> {
  const visit = sensors.bus(bus);
  const request = visit.prepare(place, values, multiple);
  const { unit, table, address, form } = place;
  const what = `${table} ${address} = ${values.slice(0, 16).join(' ')}${values.length > 16 ? ' …' : ''} (${form})`;
  await access.account({ act: 'sensor.write', by: origin, subject: `${bus}/${unit}`, detail: `${what}: ${reason}` });
  const back = await visit.write(place, request, signal);
  return { written: values, readBack: back?.values };
}

async function* watch(
  { id, everyMs, forMs = Number.POSITIVE_INFINITY }: Input<'sensor.watch'>,
  views: TechnicianSensorsDeps['views'],
  { clock }: Env,
  signal: AbortSignal,
): AsyncGenerator<Result<'sensor.watch'>> {
  const endsAt = clock.monotonicMs() + forMs;
  const before = new Map<string, string>();
  do {
    const asked = views().filter((view) => id === undefined || view.id === id);
    if (id !== undefined && asked.length === 0) throw faults.fault('device-unknown', { detail: id });
    const changed = asked.filter((view) => before.get(view.id) !== faceOf(view));
    for (const view of changed) before.set(view.id, faceOf(view));
    if (changed.length > 0) yield { time: clock.now(), sensors: changed };
    await clock.sleep(everyMs, signal).catch(() => {});
  } while (!signal.aborted && clock.monotonicMs() < endsAt);
}

/** What makes a sensor worth showing again: not that it was heard once more. */
function faceOf({ state, problem, values }: SensorView): string {
  return JSON.stringify([state, problem, values]);
}

async function calibrate(
  { id, point, measured, scale, offset, reason }: Input<'sensor.calibrate'>,
  origin: string,
  { access, calibrations, sensors }: TechnicianSensorsDeps,
  env: Env,
): Promise<Result<'sensor.calibrate'>> {
  const { unit, now } = calibrations.measure(id, point);
  const held = { scale: now?.scale ?? 1, offset: now?.offset ?? 0 };
  if (measured === undefined && scale === undefined && offset === undefined) throw faults.fault('calibration-empty');
  const next = { scale: scale ?? held.scale, offset: offset ?? held.offset };
  if (measured !== undefined) {
    const shown = sensors.status().find(({ device }) => device === id)?.values[point];
    if (shown === undefined) throw faults.fault('no-value', { detail: `${id}/${point}` });
    const raw = (shown - held.offset) / held.scale;
    // The product of two numbers leaves more digits than anything measures.
    next.offset = Number((measured - raw * next.scale).toPrecision(9));
  }
  const calibration = { device: id, point, ...next, by: origin, reason, at: env.clock.now() };
  const what = `${held.scale}, ${held.offset} -> ${next.scale}, ${next.offset}${measured === undefined ? '' : `, measured ${measured}`}`;
  await access.account({ act: 'sensor.calibrate', by: origin, subject: `${id}/${point}`, detail: `${what}: ${reason}` });
  await calibrations.set(calibration);
  return { calibration, before: now, unit };
}
