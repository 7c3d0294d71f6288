// The Modbus drivers against pymodbus on a pair of terminals and on TCP.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openModbusServer } from '../peers/modbus.ts';
import { openPtyPair } from '../peers/pty.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const env = systemEnv(openLog('silent'));
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

function start(options: unknown, recorder: Recorder): Sensors {
  const sensors = openSensors(sensorsOptions.parse(options), recorder, env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  return sensors;
}

function keep<T extends AsyncDisposable>(peer: T): T {
  stops.push(async () => peer[Symbol.asyncDispose]());
  return peer;
}

const rtuBus = (port: string, units: object[]) => ({
  buses: [
    { id: 'bus-1', driver: 'modbus-rtu', port, baud: 115_200, parity: 'none', responseTimeout: '100ms', pollInterval: '100ms', units },
  ],
});

async function bothWays(): Promise<
  { name: string; options: (units: object[]) => object; server: (units: number[]) => ReturnType<typeof openModbusServer> }[]
> {
  const pty = keep(await openPtyPair());
  let port = 0;
  return [
    { name: 'rtu', options: (units) => rtuBus(pty.a, units), server: async (units) => keep(await openModbusServer({ rtu: pty.b }, units)) },
    {
      name: 'tcp',
      options: (units) => ({
        buses: [{ id: 'bus-1', driver: 'modbus-tcp', host: '127.0.0.1', port, responseTimeout: '100ms', pollInterval: '100ms', units }],
      }),
      server: async (units) => {
        const server = keep(await openModbusServer({ tcp: true }, units));
        port = server.port;
        return server;
      },
    },
  ];
}

describe('a smoke detector on a bus', () => {
  it('raises and clears, says service as a fault, and measures with hysteresis, on RTU and TCP alike', async () => {
    for (const way of await bothWays()) {
      const recorder = openRecorder();
      const server = await way.server([1, 2, 3]);
      await server.set(2, 'coil', 0, 1);
      const sensors = start(
        way.options([
          { device: `${way.name}-contact`, unit: 1, template: 'smoke-contact' },
          { device: `${way.name}-duct`, unit: 2, template: 'smoke-ug3' },
          { device: `${way.name}-analog`, unit: 3, template: 'smoke-analog' },
        ]),
        recorder,
      );
      await vi.waitFor(() => expect(sensors.status().map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']), 5000);
      expect(recorder.reports).toEqual([]);
      await server.set(1, 'discrete', 0, 1);
      await server.set(2, 'coil', 1, 1);
      await server.set(3, 'holding', 0, 123);
      await vi.waitFor(() => expect(recorder.reports.length).toBe(2), 5000);
      await server.set(3, 'holding', 0, 70);
      await vi.waitFor(() => expect(sensors.status()[2]?.values['obscuration']).toBeCloseTo(7), 5000);
      await server.set(1, 'discrete', 0, 0);
      await server.set(3, 'holding', 0, 50);
      await vi.waitFor(() => expect(recorder.reports.length).toBe(4), 5000);
      const told = recorder.reports.map(({ device, channel, kind, state, detail }) => ({ device, channel, kind, state, detail }));
      expect(told).toEqual(
        expect.arrayContaining([
          { device: `${way.name}-contact`, channel: 'smoke', kind: 'smoke', state: 'active', detail: undefined },
          { device: `${way.name}-contact`, channel: 'smoke', kind: 'smoke', state: 'inactive', detail: undefined },
          {
            device: `${way.name}-analog`,
            channel: 'obscuration',
            kind: 'smoke',
            state: 'active',
            detail: { value: expect.closeTo(12.3, 5), unit: '%/m' },
          },
          { device: `${way.name}-analog`, channel: 'obscuration', kind: 'smoke', state: 'inactive', detail: { value: 5, unit: '%/m' } },
        ]),
      );
      expect(recorder.said()).toEqual([`sensor-fault raised ${way.name}-duct`]);
      expect(recorder.conditions[0]).toMatchObject({ channel: 'service', severity: 'minor' });
    }
  });

  it('that falls silent is a condition, and the living are asked on; it clears when it answers', async () => {
    const pty = keep(await openPtyPair());
    const server = keep(await openModbusServer({ rtu: pty.b }, [1, 2]));
    await server.mute(2);
    const recorder = openRecorder();
    const sensors = start(
      rtuBus(pty.a, [
        { device: 'alive', unit: 1, template: 'smoke-contact' },
        { device: 'dead', unit: 2, template: 'smoke-contact' },
      ]),
      recorder,
    );
    await vi.waitFor(() => expect(recorder.said()).toEqual(['sensor-silent raised dead']), 8000);
    expect(sensors.status().map(({ state }) => state)).toEqual(['ok', 'silent']);
    await server.set(1, 'discrete', 0, 1);
    await vi.waitFor(() => expect(recorder.reports.map(({ device }) => device)).toEqual(['alive']), 1000);
    await server.unmute(2);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['sensor-silent raised dead', 'sensor-silent cleared dead']), {
      timeout: 12_000,
      interval: 200,
    });
  });

  it('names the exception of a unit that has no such register, and keeps its other alarms', async () => {
    const pty = keep(await openPtyPair());
    const server = keep(await openModbusServer({ rtu: pty.b }, [7]));
    const recorder = openRecorder();
    const bit = (address: number) => ({ type: 'bit', function: 2, address });
    const template = {
      points: [
        { name: 'lost', modbus: bit(500) },
        { name: 'smoke', modbus: bit(5) },
      ],
      rules: [{ point: 'smoke', alarm: 'smoke', when: { equals: true } }],
    };
    start({ ...rtuBus(pty.a, [{ device: 'odd', unit: 7, template: 'own' }]), templates: { own: template } }, recorder);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['sensor-fault raised odd']), 5000);
    expect(recorder.conditions[0]?.message).toEqual({
      ko: '국번 7: 기능 코드 2, 주소 500: 예외 응답 2(없는 데이터 주소)',
      en: 'unit 7: exception 2 (illegal data address) at function 2, address 500',
    });
    await server.set(7, 'discrete', 5, 1);
    await vi.waitFor(() => expect(recorder.reports).toMatchObject([{ device: 'odd', channel: 'smoke', state: 'active' }]), 5000);
  });

  it('is neither raised twice nor forgotten over a restart', async () => {
    const pty = keep(await openPtyPair());
    const server = keep(await openModbusServer({ rtu: pty.b }, [1, 2]));
    await server.set(1, 'discrete', 0, 1);
    const recorder = openRecorder();
    const alarm = {
      channel: 'smoke',
      kind: 'smoke',
      severity: 'critical',
      raisedAt: 0,
      clearedAt: undefined,
      updates: 0,
      test: false,
      detail: {},
    } as const;
    recorder.open.push({ ...alarm, alarmId: 'a1', device: 'still-burning' }, { ...alarm, alarmId: 'a2', device: 'burnt-out' });
    const sensors = start(
      rtuBus(pty.a, [
        { device: 'still-burning', unit: 1, template: 'smoke-contact' },
        { device: 'burnt-out', unit: 2, template: 'smoke-contact' },
      ]),
      recorder,
    );
    await vi.waitFor(() => expect(recorder.reports.length).toBe(1), 5000);
    await vi.waitFor(() => expect(sensors.status().every(({ state }) => state === 'ok')).toBe(true), 5000);
    expect(recorder.reports).toMatchObject([{ device: 'burnt-out', state: 'inactive' }]);
  });
});

describe('a bus', () => {
  it('whose port is missing says what to do, and works when the port appears; again after it was pulled out', async () => {
    const pty = keep(await openPtyPair());
    await pty.unplug();
    const recorder = openRecorder();
    const sensors = start(rtuBus(pty.a, [{ device: 'smoke-1', unit: 1, template: 'smoke-contact' }]), recorder);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), 5000);
    expect(recorder.conditions[0]).toMatchObject({
      channel: 'bus-1',
      message: {
        ko: expect.stringMatching(/시리얼 포트가 없습니다.*\/dev\/serial\/by-id/),
        en: expect.stringContaining('/dev/serial/by-id'),
      },
      detail: expect.stringContaining(pty.a),
    });
    expect(JSON.stringify(recorder.conditions[0]?.message)).not.toContain(pty.a);
    await pty.replug();
    const first = await openModbusServer({ rtu: pty.b }, [1]);
    await vi.waitFor(() => expect(recorder.said().at(-1)).toBe('bus-fault cleared gateway'), { timeout: 8000, interval: 100 });
    await pty.unplug();
    await first[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(recorder.said().at(-1)).toBe('bus-fault raised gateway'), { timeout: 8000, interval: 100 });
    await pty.replug();
    const second = keep(await openModbusServer({ rtu: pty.b }, [1]));
    await second.set(1, 'discrete', 0, 1);
    await vi.waitFor(() => expect(recorder.reports.length).toBe(1), { timeout: 8000, interval: 100 });
    expect(sensors.status()).toMatchObject([{ state: 'ok', source: 'bus-1' }]);
  });

  it('over TCP that refuses is a condition, and is connected to again', async () => {
    const probe = await openModbusServer({ tcp: true }, [1]);
    await probe[Symbol.asyncDispose]();
    const recorder = openRecorder();
    start(
      {
        buses: [
          {
            id: 'tcp-1',
            driver: 'modbus-tcp',
            host: '127.0.0.1',
            port: probe.port,
            units: [{ device: 's', unit: 1, template: 'smoke-contact' }],
          },
        ],
      },
      recorder,
    );
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), 5000);
    expect(recorder.conditions[0]?.detail).toContain(`connect ECONNREFUSED 127.0.0.1:${probe.port}`);
    expect(JSON.stringify(recorder.conditions[0]?.message)).not.toMatch(/\d/);
    const server = keep(await openModbusServer({ tcp: true, port: probe.port }, [1]));
    await server.set(1, 'discrete', 0, 1);
    await vi.waitFor(() => expect(recorder.reports.length).toBe(1), { timeout: 10_000, interval: 100 });
    expect(recorder.said()).toEqual(['bus-fault raised gateway', 'bus-fault cleared gateway']);
  });

  it('keeps an alarm while the store fails and says it afterwards', async () => {
    const pty = keep(await openPtyPair());
    const server = keep(await openModbusServer({ rtu: pty.b }, [1]));
    const recorder = openRecorder();
    const sensors = start(rtuBus(pty.a, [{ device: 'smoke-1', unit: 1, template: 'smoke-contact' }]), recorder);
    await vi.waitFor(() => expect(sensors.status()[0]?.state).toBe('ok'), 5000);
    recorder.failing = true;
    await server.set(1, 'discrete', 0, 1);
    await vi.waitFor(() => expect(sensors.status()[0]?.values['smoke']).toBe(1), 5000);
    await server.set(1, 'discrete', 0, 0);
    await vi.waitFor(() => expect(sensors.status()[0]?.values['smoke']).toBe(0), 5000);
    recorder.failing = false;
    await vi.waitFor(() => expect(recorder.reports.map(({ state }) => state)).toEqual(['active', 'inactive']), 5000);
  });
});
