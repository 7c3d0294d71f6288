// Calibrations: what is measured is put right before the rules see it, step by step, over a restart, and no jump of it raises an alarm.
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv, systemRandom } from '#base';
import { openCalibrations } from '#sensors';
import { calibrationMigrations, openCalibrationProcedures } from '#sensors/tables';
import type { Store } from '#store';
import { openSensorMemory } from '../../src/sensors/memory.ts';
import { openObserver } from '../../src/sensors/observer.ts';
import { type Template, templateOption } from '../../src/sensors/template.ts';
import { openToldObserver } from '../../src/sensors/told-observer.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openRecorder } from './recorder.ts';

const template: Template = templateOption.parse({
  points: [
    { name: 'level', modbus: { function: 4, address: 0, type: 'int16' }, unit: 'm' },
    { name: 'cover', modbus: { function: 2, address: 0, type: 'bit' } },
    { name: 'state', path: 'state', words: { open: 1 } },
  ],
  rules: [
    { point: 'level', alarm: 'flood', when: { above: 2, clearAt: 1.5 } },
    { point: 'level', channel: 'rise', alarm: 'flood', when: { rises: { by: 1, within: '10m' } } },
  ],
});

/** The procedures on a database in memory, called as the store calls them. */
function openTable(): { store: Store; rows: () => number } {
  const db = new Database(':memory:');
  for (const step of calibrationMigrations.steps) db.exec(step);
  const procedures = openCalibrationProcedures(db, {} as never) as unknown as Record<string, (argument: unknown) => unknown>;
  const calls = new Proxy({}, { get: (_, name: string) => async (argument: unknown) => procedures[name]?.(argument) });
  const store = { procedures: () => calls } as unknown as Store;
  return { store, rows: () => db.prepare('SELECT count(*) FROM sensor_calibration').pluck().get() as number };
}

const entry = (scale: number, offset: number) => ({ device: 'd', point: 'level', scale, offset, by: 'cli:kim', reason: '비교', at: 1 });

describe('calibrations', () => {
  it('put values right from now on, are taken back step by step, and outlive the gateway', async () => {
    const { store } = openTable();
    const first = await openCalibrations(store);
    const correct = first.join('d', template, () => {});
    const level = (way: typeof correct): number | undefined =>
      way(
        new Map([
          ['level', 2],
          ['cover', 1],
        ]),
      ).get('level');
    expect(level(correct)).toBe(2);
    await first.set(entry(1, 0.5));
    await first.set(entry(2, -1));
    expect([level(correct), first.measure('d', 'level')]).toEqual([3, { unit: 'm', now: entry(2, -1) }]);
    const second = await openCalibrations(store);
    const later = second.join('d', template, () => {});
    expect([level(later), second.list()]).toEqual([3, [entry(2, -1)]]);
    expect([await second.undo('d', 'level'), level(later)]).toEqual([entry(1, 0.5), 2.5]);
    expect([await second.undo('d', 'level'), level(later), second.list()]).toEqual([undefined, 2, []]);
  });

  it('are for measures of the sensor alone', async () => {
    const { store } = openTable();
    const calibrations = await openCalibrations(store);
    calibrations.join('d', template, () => {});
    expect(() => calibrations.measure('d', 'cover')).toThrow(expect.objectContaining({ code: 'sensors.point-not-measured' }));
    expect(() => calibrations.measure('d', 'state')).toThrow(expect.objectContaining({ code: 'sensors.point-not-measured' }));
    expect(() => calibrations.measure('d', 'other')).toThrow(expect.objectContaining({ code: 'sensors.point-unknown' }));
    expect(() => calibrations.measure('e', 'level')).toThrow(expect.objectContaining({ code: 'sensors.point-unknown' }));
  });

  it('are kept ten steps deep, and go with the sensor', async () => {
    const { store, rows } = openTable();
    const calibrations = await openCalibrations(store);
    for (let step = 0; step < 25; step += 1) await calibrations.set(entry(1, step));
    expect(rows()).toBe(10);
    await calibrations.forget('d');
    expect([rows(), calibrations.list()]).toEqual([0, []]);
  });

  it('move a threshold, but are no move of the value', async () => {
    const { store } = openTable();
    const calibrations = await openCalibrations(store);
    const recorder = openRecorder();
    const clock = openFakeClock(Date.UTC(2026, 10, 20));
    const env = { clock, random: systemRandom, log: openLog('silent') };
    const { signal } = new AbortController();
    const observer = openObserver({ device: 'd', template }, { deps: { ...recorder, calibrations }, env, signal });
    const see = async (level: number): Promise<string[]> => {
      clock.advance(1000);
      observer.observe({ result: 'values', values: new Map([['level', level]]), fault: undefined });
      await observer.settled();
      return recorder.reports.splice(0).map(({ channel, state }) => `${channel} ${state}`);
    };
    expect(await see(0.5)).toEqual([]);
    await calibrations.set(entry(1, 1.4));
    // What is shown is worth what holds now: who measures twice before the next value takes nothing twice.
    expect(observer.status().values).toEqual({ level: 1.9 });
    expect(await see(0.5)).toEqual([]);
    expect(observer.status().values).toEqual({ level: 1.9 });
    expect(await see(0.7)).toEqual(['level active']);
    expect(await see(1.6)).toEqual(['rise active']);
  });

  it('put right what a sensor that tells has told, at once and once', async () => {
    const { store } = openTable();
    const calibrations = await openCalibrations(store);
    const recorder = openRecorder();
    const env = { ...systemEnv(openLog('silent')), clock: openFakeClock(Date.UTC(2026, 10, 20)) };
    const { signal } = new AbortController();
    const memory = openSensorMemory(recorder.notes, env);
    const stop = new AbortController();
    const done = memory.service.run(stop.signal);
    const world = { deps: { ...recorder, calibrations }, env, signal, memory };
    const observer = openToldObserver({ device: 'd', template, silentAfterMs: 0 }, world);
    await observer.take({ result: 'values', values: new Map([['level', 1]]), fault: undefined });
    const shown = [];
    for (const offset of [0.5, 0.5, 0]) {
      await calibrations.set(entry(1, offset));
      shown.push(observer.status().values['level']);
    }
    expect(shown).toEqual([1.5, 1.5, 1]);
    stop.abort();
    await done;
  });
});
