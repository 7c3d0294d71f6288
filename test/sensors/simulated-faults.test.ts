// The drivers on a site whose sensors misbehave, all at once on one line: none of it is ever a fire, and the well one is heard.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { type Clock, openLog, systemEnv } from '#base';
import { openSensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openSimulatedSite } from '#simulator';
import { openRecorder } from './recorder.ts';

const system = systemEnv(openLog('silent'));
/** The site and its gateway live three times as fast: most of this is waiting. */
const haste = 3;
const clock: Clock = {
  ...system.clock,
  monotonicMs: () => system.clock.monotonicMs() * haste,
  sleep: (ms, signal) => system.clock.sleep(ms / haste, signal),
  after: (ms, act) => system.clock.after(ms / haste, act),
};
const env = { ...system, clock, random: { ...system.random, uniform: () => 0 } };
const tcpFaults = ['silent', 'late', 'corrupt', 'wrong-unit', 'flood'] as const;
const rtuFaults = [...tcpFaults, 'noise'] as const;
const well = 'well';

it.concurrent.each(['modbus-rtu', 'modbus-tcp'] as const)(
  '%s: takes no faulty answer for smoke, hears the well unit, and comes back after an unplugging',
  async (kind) => {
    const faults = kind === 'modbus-rtu' ? rtuFaults : tcpFaults;
    // Between the faulty ones stand units that are on fire: an answer in a neighbour's name would be a fire of the wrong unit.
    const ids = [...faults.flatMap((fault) => [fault, `fire-${fault}`]), well];
    await using site = await openSimulatedSite({ sensors: ids.map((id) => ({ id, kind })) }, env);
    const [bus] = site.facts().buses;
    if (!bus) throw new Error('no bus');
    const isAsked = (id: string): boolean => !id.startsWith('fire-');
    const units = bus.units
      .filter(({ device }) => isAsked(device))
      .map(({ device, unitId }) => ({ device, unit: unitId, template: 'smoke-contact' }));
    const way =
      bus.kind === 'modbus-rtu'
        ? { driver: bus.kind, port: bus.path, parity: 'none' }
        : { driver: bus.kind, host: bus.host, port: bus.port };
    const timing = { pollInterval: '200ms', responseTimeout: '200ms' };
    const recorder = openRecorder();
    const sensors = openSensors(sensorsOptions.parse({ buses: [{ id: 'line', ...way, ...timing, units }] }), recorder, env);
    for (const id of ids) if (!isAsked(id)) await site.sensor(id)?.trip(true);
    for (const fault of faults) await site.sensor(fault)?.fail(fault);
    const stop = new AbortController();
    const done = sensors.service.run(stop.signal);
    try {
      await vi.waitFor(() => expect(recorder.said()).toContain('sensor-silent raised wrong-unit'), { timeout: 15_000 });
      await site.sensor(well)?.trip(true);
      await vi.waitFor(() => expect(recorder.reports).toMatchObject([{ device: well, kind: 'smoke', state: 'active' }]), { timeout: 8000 });
      for (const fault of ['silent', 'late', 'corrupt', 'wrong-unit'])
        expect(recorder.said()).not.toContain(`sensor-silent cleared ${fault}`);

      await site.sensor(well)?.fail('unplug');
      await vi.waitFor(() => expect(recorder.said()).toContain('bus-fault raised gateway'), { timeout: 8000 });
      await site.sensor(well)?.fail(undefined);
      await vi.waitFor(() => expect(recorder.said()).toContain('bus-fault cleared gateway'), { timeout: 15_000 });
      await sleep(500);
      expect(recorder.reports.map(({ device }) => device)).toEqual([well]);
    } finally {
      stop.abort();
      await done;
    }
  },
  50_000,
);
