// Every kind of virtual sensor against the gateway's own drivers, by the configuration that the simulator writes for it: found, ended, and misbehaving.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Clock, openLog, systemEnv } from '#base';
import { environment, loadConfig } from '#config';
import { openSensors } from '#sensors';
import { openSimulatedSite, runSimulator, type SimulatedSite, writeGatewayConfig } from '#simulator';
import { allFinds, sensorFaults, sensorFinds, sensorKinds } from '../../src/simulator/sensors/index.ts';
import { readStory } from '../../src/simulator/story.ts';
import { freePort } from '../peers/gateway.ts';
import { openRecorder } from '../sensors/recorder.ts';

const system = systemEnv(openLog('silent'));
/** The site and its gateway live three times as fast: most of this is waiting. */
const haste = 3;
const clock: Clock = {
  ...system.clock,
  monotonicMs: () => system.clock.monotonicMs() * haste,
  sleep: (ms, signal) => system.clock.sleep(ms / haste, signal),
  after: (ms, act) => system.clock.after(ms / haste, act),
};
const env = { ...system, clock };
const stack = new AsyncDisposableStack();
const recorder = openRecorder();
const stop = new AbortController();
let site: SimulatedSite;
let sensors: ReturnType<typeof openSensors>;
let done: Promise<unknown>;
let folder = '';

const eventually = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 15_000, interval: 50 });
const told = (): string[] => recorder.reports.map(({ device, kind, state }) => `${device} ${kind} ${state}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-devices-'));
  const [mqttPort, webhookPort] = [await freePort(), await freePort()];
  const urls = { mqttUrl: `mqtt://127.0.0.1:${mqttPort}`, webhookUrl: `http://127.0.0.1:${webhookPort}/webhook/{device}` };
  site = stack.use(await openSimulatedSite({ sensors: sensorKinds.length, sensorKinds, ...urls }, env));
  const files = await writeGatewayConfig(site.facts(), { folder, webhookPort, mqttPort });
  const loaded = await loadConfig(files.config, { environment: environment({}) });
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.problems));
  sensors = openSensors(loaded.config.sensors, recorder, env);
  done = sensors.service.run(stop.signal).catch(() => {});
});
afterAll(async () => {
  stop.abort();
  await done;
  await stack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a site with a sensor of every kind', () => {
  it('is known to its gateway, each in its template', async () => {
    expect(site.sensors.map(({ id }) => id).toSorted()).toEqual(
      ['activity-1', 'button-1', 'fall-1', 'hydrant-1', 'panel-1', 'smoke-1', 'smoke-2', 'structure-1', 'supervised-1'].toSorted(),
    );
    await eventually(() =>
      expect(
        sensors
          .status()
          .filter(({ state }) => state === 'waiting')
          .map(({ device }) => device),
      ).toEqual(['fall-1']),
    );
  });

  const stories = [
    ['smoke-1', 'smoke', 'smoke'],
    ['smoke-2', 'smoke', 'smoke'],
    ['fall-1', 'fall', 'fall'],
    ['supervised-1', 'fire', 'fire'],
    ['panel-1', 'fire', 'fire-panel'],
    ['hydrant-1', 'leak', 'hydrant-leak'],
    ['structure-1', 'tilt', 'structure-tilt'],
    ['activity-1', 'no-activity', 'no-activity'],
    ['button-1', 'call', 'emergency-call'],
  ] as const;

  it('finds what each can find, and ends it', async () => {
    for (const [device, what] of stories) void site.sensor(device)?.trip(true, what);
    const raised = stories.map(([device, , kind]) => `${device} ${kind} active`);
    await eventually(() => expect(told()).toEqual(expect.arrayContaining(raised)));
    for (const [device, what] of stories) void site.sensor(device)?.trip(false, what);
    const cleared = stories.filter(([device]) => device !== 'button-1').map(([device, , kind]) => `${device} ${kind} inactive`);
    await eventually(() => expect(told()).toEqual(expect.arrayContaining(cleared)));
  });

  it('tells faults of its own: a cut wire, no mains, a shorted line, a flat battery', async () => {
    for (const [device, what] of [
      ['panel-1', 'trouble'],
      ['panel-1', 'mains'],
      ['supervised-1', 'short'],
      ['hydrant-1', 'battery'],
    ] as const)
      await site.sensor(device)?.trip(true, what);
    const said = [
      'sensor-fault raised panel-1',
      'power-fault raised panel-1',
      'sensor-fault raised supervised-1',
      'battery-low raised hydrant-1',
    ];
    await eventually(() => expect(recorder.said()).toEqual(expect.arrayContaining(said)));
  });

  it('misbehaves: what nobody can read, a panel that is pulled out, a flood', async () => {
    await site.sensor('hydrant-1')?.fail('corrupt');
    await site.sensor('panel-1')?.fail('unplug');
    await site.sensor('structure-1')?.fail('flood');
    await eventually(() => {
      expect(sensors.status().find(({ device }) => device === 'hydrant-1')?.problem?.en).toMatch(/cannot be read/);
      expect(recorder.said()).toEqual(expect.arrayContaining(['bus-fault raised gateway', 'alarm-flood raised gateway']));
    });
    for (const id of ['hydrant-1', 'panel-1', 'structure-1']) await site.sensor(id)?.fail(undefined);
    await eventually(() => {
      expect(sensors.status().find(({ device }) => device === 'hydrant-1')?.problem?.en ?? '').not.toMatch(/cannot be read/);
      expect(recorder.said()).toContain('bus-fault cleared gateway');
    });
  });
});

it('is refused with a kind of sensor that there is not', async () => {
  const options = { cameras: 0, sensors: 1, hub: false, json: true, sensorKinds: ['hydrant', 'toaster'] };
  const running = runSimulator(options, { print() {}, signal: AbortSignal.abort() }, env);
  await expect(running).rejects.toMatchObject({ code: 'simulator.sensor-unknown', detail: expect.stringMatching(/^toaster; modbus-rtu,/) });
});

describe('a script', () => {
  it('may have every find and every fault of every kind, and no other', () => {
    for (const { id, kind } of site.sensors) {
      const finds = sensorFinds[kind].map((what) => ({ do: 'sensor', device: id, what }));
      const faults = sensorFaults[kind].map((fault) => ({ do: 'sensor-fault', device: id, fault }));
      expect(readStory([...finds, ...faults], site)).toHaveLength(finds.length + faults.length);
      const other = allFinds.find((what) => !sensorFinds[kind].some((own) => own === what)) ?? '';
      expect(() => readStory([{ do: 'sensor', device: id, what: other }], site)).toThrow(/finds/);
    }
  });
});
