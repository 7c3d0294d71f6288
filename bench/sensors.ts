// The sensors' bench: 5,000 sensors that are asked twice a second by one gateway; what that costs, whether every value arrives, and how soon a fire is durable.
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { openGateway } from '../test/peers/gateway.ts';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import type { Bench } from './bench.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { percentile, round, steadyMs } from './measure.ts';
import { cpuPercents, residentMiB } from './process.ts';
import { openSensorsField, type SensorsField } from './sensors-field.ts';
import { measureRules } from './sensors-rules.ts';

const meanings = {
  cores: 'of this machine: gateway, store’s thread, sensors, broker and bench share them',
  loadBefore: 'its load of the last minute before the bench; anything near the cores makes all figures worse',
  ...diskMeanings,
  sensors: 'Modbus TCP units on 50 buses, all in one other process',
  readingsPerSecond: 'values read, judged by two rules each, and recorded, in a second; 10,000 are asked for',
  cpuPercent: 'of a core: the gateway’s process, all its threads, meanwhile',
  loadCpuPercent: 'of a core: what the process of the sensors took meanwhile',
  rulesCpuPercent: 'of a core: 10,000 observations a second of all shipped types through their rules alone, in the bench’s own process',
  rssMiB: 'largest resident memory of the gateway’s process (VmHWM) over the whole run',
  alarms: 'fires, one after the other, while the readings flow',
  alarmToCommitP50Ms:
    'from the unit’s answer that first tells a fire to the alarm at the hub’s subscriber: more than to the commit, before which nothing leaves',
  alarmToCommitP99Ms: 'the same',
  lost: 'values that were answered and did not arrive at the hub, when all is said',
  alarmsLost: 'fires that did not arrive',
} as const;

type Figure = keyof typeof meanings;

const buses = 50;
const unitsOfBus = 100;
const runMs = 60_000;
const warmMs = 8000;
const firesPerSecond = 5;

const template = {
  points: [
    {
      name: 'level',
      modbus: { function: 4, address: 0, type: 'uint16' },
      unit: 'mm',
      range: [0, 40_000],
      reading: { kind: 'water-level', every: '0s' },
    },
    { name: 'fire', modbus: { function: 4, address: 1, type: 'uint16' } },
  ],
  rules: [
    { point: 'level', alarm: 'flood', when: { above: 39_000, clearAt: 38_000 } },
    { point: 'fire', alarm: 'fire', when: { equals: 1 } },
  ],
};

export const sensorsBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    const loadBefore = round(loadavg()[0] ?? 0, 2);
    const disk = diskFigures(options);
    const rules = measureRules(timeScale < 1 ? 2 : 60);
    const units = timeScale < 1 ? 10 : unitsOfBus;
    await using hub = await openMosquitto({
      quiet: true,
      config: ['set_tcp_nodelay true', 'max_inflight_messages 0', 'max_queued_messages 0'],
    });
    await using ear = await openEar(hub.port);
    await using field = await openSensorsField(buses);
    tell(`${buses * units} sensors …`);
    await using gateway = await openGateway(() => ({
      uplink: { url: `mqtt://127.0.0.1:${hub.port}` },
      store: { path: join(folder, 'bongsu.db') },
      sensors: { templates: { gauge: template }, buses: busesOf(field, units) },
    }));
    await sleep(warmMs * timeScale);
    const before = await field.look();
    const startMs = steadyMs();
    let fires: readonly string[] = [];
    const [cpuPercent = 0] = await cpuPercents([gateway.pid], async () => {
      fires = await burnSome(field, units, runMs * timeScale);
    });
    const seconds = (steadyMs() - startMs) / 1000;
    const after = await field.look();
    tell('all sensors fall silent; what was said is counted …');
    await field.mute();
    const { answered, toldAt } = await field.look();
    await ear.settle();
    const rssMiB = residentMiB(gateway.pid, 'VmHWM');
    const arrivals = fires.flatMap((name) => latency(toldAt[name], ear.alarmAt.get(deviceOf(name))));
    return {
      cores: availableParallelism(),
      loadBefore,
      ...disk,
      sensors: buses * units,
      readingsPerSecond: round((after.answered - before.answered) / seconds, 0),
      cpuPercent,
      loadCpuPercent: round(((after.cpuSeconds - before.cpuSeconds) / seconds) * 100, 1),
      rulesCpuPercent: rules.cpuPercent,
      rssMiB,
      alarms: fires.length,
      alarmToCommitP50Ms: percentile(arrivals, 0.5),
      alarmToCommitP99Ms: percentile(arrivals, 0.99),
      lost: answered - ear.readings,
      alarmsLost: fires.length - arrivals.length,
    };
  },
};

function busesOf({ ports }: SensorsField, units: number): object[] {
  return ports.map((port, bus) => ({
    id: `bus-${bus}`,
    driver: 'modbus-tcp',
    host: '127.0.0.1',
    port,
    pollInterval: '500ms',
    units: Array.from({ length: units }, (_, index) => ({ device: deviceOf(`${bus}/${index + 1}`), unit: index + 1, template: 'gauge' })),
  }));
}

function deviceOf(name: string): string {
  return `gauge-${name.replace('/', '-')}`;
}

/** Sets one unit after the other on fire, each once. */
async function burnSome(field: SensorsField, units: number, ms: number): Promise<readonly string[]> {
  const fires: string[] = [];
  const startMs = steadyMs();
  for (let passed = 0; passed < ms; passed = steadyMs() - startMs) {
    const index = fires.length;
    const [bus, unit] = [index % buses, Math.floor(index / buses) + 1];
    if (unit <= units) {
      await field.burn(bus, unit, true);
      fires.push(`${bus}/${unit}`);
    }
    await sleep(Math.max(1, ((index + 1) * 1000) / firesPerSecond - (steadyMs() - startMs)));
  }
  await sleep(2000);
  return fires;
}

function latency(from: number | undefined, to: number | undefined): number[] {
  return from === undefined || to === undefined ? [] : [Math.max(0, to - from)];
}

/** One who hears the hub: counts readings and notes when alarms came. */
interface Ear extends AsyncDisposable {
  readonly readings: number;
  /** By device, on the clock of `steadyMs`. */
  readonly alarmAt: ReadonlyMap<string, number>;
  /** Waits until no reading has come for three seconds. */
  settle(): Promise<void>;
}

async function openEar(port: number): Promise<Ear> {
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'bench-ear', reconnectPeriod: 0 });
  let readings = 0;
  let lastMs = steadyMs();
  const seen = new Set<string>();
  const alarmAt = new Map<string, number>();
  client.on('message', (topic, payload) => {
    const event = JSON.parse(payload.toString()) as {
      readonly id: string;
      readonly data: readonly unknown[] & { readonly device?: string };
    };
    if (topic.includes('/alarm/')) {
      const device = event.data.device ?? '';
      if (!alarmAt.has(device)) alarmAt.set(device, steadyMs());
    } else if (topic.includes('/reading/') && !seen.has(event.id)) {
      seen.add(event.id);
      readings += event.data.length;
      lastMs = steadyMs();
    }
  });
  // All of it: what nobody hears the gateway keeps back.
  await client.subscribeAsync('bongsu/#', { qos: 1 });
  return {
    get readings() {
      return readings;
    },
    alarmAt,
    async settle() {
      lastMs = steadyMs();
      while (steadyMs() - lastMs < 3000) await sleep(100);
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}
