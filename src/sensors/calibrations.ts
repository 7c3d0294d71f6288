// Calibrations: what a technician measured beside a sensor puts its values right before any rule sees them.
import type { Store } from '#store';
import type { Calibration, CalibrationProcedures } from './calibration-tables.ts';
import { sensorsFaults } from './faults.ts';
import type { Template } from './options.ts';

type Values = ReadonlyMap<string, number>;

/** The calibrations of all sensors, mirrored in memory. What changes them rejects with the store's faults. */
export interface Calibrations {
  /** Makes a sensor known, and gives the way of its values: as they are, or put right; `changed` is called when that becomes another. */
  join(device: string, template: Template, changed: () => void): (values: Values) => Values;
  /** Those that hold. */
  list(): readonly Calibration[];
  /** Throws `sensors.point-unknown` or `point-not-measured`: the sensor has no such point, or it is a state and no measure. */
  measure(device: string, point: string): { readonly unit: string; readonly now: Calibration | undefined };
  set(calibration: Calibration): Promise<void>;
  /** Takes the last one back; the one that holds then. */
  undo(device: string, point: string): Promise<Calibration | undefined>;
  /** The sensor is no more. */
  forget(device: string): Promise<void>;
}

interface Member {
  readonly template: Template;
  corrections: ReadonlyMap<string, Calibration>;
  changed(): void;
}

const none: ReadonlyMap<string, Calibration> = new Map();

/** Opens them; rejects with the store's faults. */
export async function openCalibrations(store: Store): Promise<Calibrations> {
  const calls = store.procedures<CalibrationProcedures>('calibrations', { reserved: true });
  const kept = new Map<string, Map<string, Calibration>>();
  const keep = (device: string, point: string, calibration: Calibration | undefined): void => {
    const points = new Map(kept.get(device));
    if (calibration) points.set(point, calibration);
    else points.delete(point);
    kept.set(device, points);
    const member = members.get(device);
    if (!member) return;
    member.corrections = points;
    member.changed();
  };
  const members = new Map<string, Member>();
  for (const calibration of await calls.all()) keep(calibration.device, calibration.point, calibration);
  return {
    join(device, template, changed) {
      const member: Member = { template, corrections: kept.get(device) ?? none, changed };
      members.set(device, member);
      return (values) => correct(values, member.corrections);
    },
    list: () => [...kept.values()].flatMap((points) => [...points.values()]),
    measure(device, point) {
      const found = members.get(device)?.template.points.find(({ name }) => name === point);
      if (!found) throw sensorsFaults.fault('point-unknown', { detail: `${device}/${point}` });
      const isMeasure = found.modbus?.type !== 'bit' && found.modbus?.bit === undefined && found.words === undefined;
      if (!isMeasure) throw sensorsFaults.fault('point-not-measured', { detail: `${device}/${point}` });
      return { unit: found.unit, now: kept.get(device)?.get(point) };
    },
    async set(calibration) {
      await calls.put(calibration);
      keep(calibration.device, calibration.point, calibration);
    },
    async undo(device, point) {
      const before = await calls.undo({ device, point });
      keep(device, point, before);
      return before;
    },
    async forget(device) {
      if (!kept.has(device)) return;
      await calls.forget(device);
      kept.delete(device);
    },
  };
}

function correct(values: Values, corrections: ReadonlyMap<string, Calibration>): Values {
  if (corrections.size === 0) return values;
  const corrected = new Map(values);
  for (const [point, { scale, offset }] of corrections) {
    const value = values.get(point);
    if (value !== undefined) corrected.set(point, value * scale + offset);
  }
  return corrected;
}
