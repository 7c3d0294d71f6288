// The story of Modbus in the field. A technician looks for units, reads, writes, calibrates and bypasses through the gateway; a supervised line behind ser2net; and a polled point that changes while the gateway is dead.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { type ModbusServer, openModbusServer } from '../peers/modbus.ts';
import { openPtyPair } from '../peers/pty.ts';
import { openSer2net } from '../peers/ser2net.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let rtu: ModbusServer;
let tcp: ModbusServer;
let annex: ModbusServer;

beforeAll(async () => {
  province = stack.use(await openProvince());
  const pty = stack.use(await openPtyPair());
  rtu = stack.use(await openModbusServer({ rtu: pty.a }, [3, 7]));
  tcp = stack.use(await openModbusServer({ tcp: true }, [1]));
  await tcp.set(1, 'holding', 0, 20);
  const remote = stack.use(await openPtyPair());
  annex = stack.use(await openModbusServer({ rtu: remote.a }, [5]));
  await annex.set(5, 'input', 0, normalOhm);
  const box = stack.use(await openSer2net(remote.b));
  const common = { responseTimeout: '100ms', pollInterval: '100ms' };
  gateway = stack.use(
    await openGateway(() => ({
      uplink: province.uplink,
      sensors: {
        buses: [
          {
            ...common,
            id: 'hall',
            driver: 'modbus-rtu',
            port: pty.b,
            baud: 115_200,
            parity: 'none',
            writable: true,
            units: [{ device: 'smoke-hall', unit: 7, template: 'smoke-contact' }],
          },
          {
            ...common,
            id: 'lab',
            driver: 'modbus-tcp',
            host: '127.0.0.1',
            port: tcp.port,
            units: [{ device: 'smoke-lab', unit: 1, template: 'smoke-analog' }],
          },
          {
            ...common,
            id: 'annex',
            driver: 'modbus-rtu-tcp',
            host: '127.0.0.1',
            port: box.port,
            units: [{ device: 'line-annex', unit: 5, template: 'supervised-fire-line' }],
          },
        ],
      },
    })),
  );
  await province.hub.wait('the first session', ({ topic }) => topic.endsWith('/state'), 20_000);
});
afterAll(() => stack.disposeAsync());

/** Of the annex's detector line, in ohms. */
const normalOhm = 9800;

/** Steps of the alarms of a device as the hub has them, each with whether it is a test. */
const told = (device: string): string[] =>
  province.hub
    .alarms({ device, unique: true })
    .map((alarm) => `${(alarm['data'] as { step: string }).step}${alarm['test'] === true ? ' (test)' : ''}`);

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const valueOfLab = async (): Promise<number | undefined> => {
  const { sensors } = (await gateway.query('sensor', 'list')) as { sensors: { id: string; values: Record<string, number> }[] };
  return sensors.find(({ id }) => id === 'smoke-lab')?.values['obscuration'];
};

describe('a technician at the bus', () => {
  it('finds the units that answer, while an alarm of the bus goes up as ever', async () => {
    const scanning = gateway.cli(['sensor', 'scan', 'hall', '--to', '20', '--timeout', '60ms', '--json']);
    await rtu.set(7, 'discrete', 0, 1);
    await eventually('the alarm', () => (told('smoke-hall').length === 1 ? true : undefined));
    const found = lines(await scanning);
    expect(found.filter(({ result }) => result === 'found')).toEqual([
      { unit: 3, result: 'found' },
      { unit: 7, result: 'found', device: 'smoke-hall' },
    ]);
    expect(found.at(-1)).toEqual({ summary: { bus: 'hall', asked: 20, found: 2, complete: true } });
    await rtu.set(7, 'discrete', 0, 0);
    await eventually('its end', () => (told('smoke-hall').length === 2 ? true : undefined));
    expect(told('smoke-hall')).toEqual(['raised', 'cleared']);
  });

  it('reads any unit, and is told what to do where there is none or no such register', async () => {
    await rtu.set(3, 'holding', 10, 0x4148, 0x0000);
    const asked = ['sensor', 'read', 'hall', '3', '10', '--as', 'float32'];
    expect(await gateway.query(...asked)).toMatchObject({ registers: [0x4148, 0], values: [12.5] });
    expect(await gateway.cli(['sensor', 'read', 'hall', '4', '0'], { status: 1 })).toContain('The unit does not answer');
    expect(await gateway.cli(['sensor', 'read', 'hall', '3', '500'], { status: 1 })).toMatch(
      /exception 2 .*begin at 1, here it begins at 0/s,
    );
    expect(await gateway.cli(['sensor', 'read', 'nowhere', '3', '0'], { status: 1 })).toContain('No such Modbus bus');
  });

  it('writes where the configuration allows it, with --yes, and is on the audit', async () => {
    const write = (bus: string, ...more: string[]) => ['sensor', 'write', bus, ...more, '--reason', '감지기 복귀'];
    expect(await gateway.query(...write('hall', '3', '1', '234', '--yes'))).toMatchObject({ readBack: [234] });
    expect(await gateway.query('sensor', 'read', 'hall', '3', '1')).toMatchObject({ values: [234] });
    expect(
      await gateway.query(...write('hall', '3', '4', '-5', '70000', '--as', 'int32', '--word-order', 'low-first', '--yes')),
    ).toMatchObject({
      readBack: [-5, 70_000],
    });
    expect(await gateway.query(...write('hall', '3', '2', '1', '0', '1', '--table', 'coil', '--yes'))).toMatchObject({
      readBack: [1, 0, 1],
    });
    expect(await gateway.cli(write('lab', '1', '0', '5', '--yes'), { status: 1 })).toContain('writable: true');
    expect(await gateway.cli(write('hall', '3', '1', '70000', '--yes'), { status: 1 })).toContain('do not fit');
    expect(await gateway.query('sensor', 'read', 'hall', '3', '1')).toMatchObject({ values: [234] });
    expect(await gateway.query('audit', 'verify')).toMatchObject({ valid: true });
  });

  it('calibrates a point by what another instrument shows, over a restart, and takes it back', async () => {
    await eventually('the first value', async () => ((await valueOfLab()) === 2 ? true : undefined));
    const point = ['sensor', 'calibrate', 'smoke-lab', '--point', 'obscuration'];
    await gateway.query(...point, '--measured', '2.5', '--reason', '기준기 비교');
    await eventually('the right value', async () => ((await valueOfLab()) === 2.5 ? true : undefined));
    await gateway.query(...point, '--scale', '2', '--reason', '기준기 비교');
    await eventually('twice that', async () => ((await valueOfLab()) === 4.5 ? true : undefined));
    await gateway.stop('SIGKILL');
    await gateway.start();
    await eventually('the same after a restart', async () => ((await valueOfLab()) === 4.5 ? true : undefined));
    expect(await gateway.cli(['sensor', 'list'])).toMatch(/smoke-lab .*obscuration\*=4\.5/);
    expect(await gateway.cli(['sensor', 'calibrate'])).toMatch(/smoke-lab +obscuration +× 2 \+ 0\.5 /);
    await gateway.query(...point, '--undo', '--reason', '잘못 입력');
    await gateway.query(...point, '--undo', '--reason', '잘못 입력');
    await eventually('as it came', async () => ((await valueOfLab()) === 2 ? true : undefined));
    expect(await gateway.cli([...point, '--undo', '--reason', '잘못 입력'], { status: 1 })).toContain('not calibrated');
    const contact = ['sensor', 'calibrate', 'smoke-hall', '--point', 'smoke', '--offset', '1', '--reason', '시험'];
    expect(await gateway.cli(contact, { status: 1 })).toContain('a state and no measure');
    expect(told('smoke-lab')).toEqual([]);
  });

  it('bypasses a sensor: its alarms go up marked as tests', async () => {
    await gateway.query('sensor', 'bypass', 'smoke-lab', '--for', '1h', '--reason', '감지기 청소');
    expect(await gateway.cli(['sensor', 'show', 'smoke-lab'])).toMatch(/maintenance until .*감지기 청소/);
    const watching = gateway.cli(['sensor', 'watch', 'smoke-lab', '--every', '200ms', '--for', '3s', '--json']);
    await tcp.set(1, 'holding', 0, 200);
    await eventually('the marked alarm', () => (told('smoke-lab').length === 1 ? true : undefined));
    const seen = lines(await watching).flatMap(({ sensors }) =>
      (sensors as { values: Record<string, number> }[]).map(({ values }) => values['obscuration']),
    );
    expect(seen.at(-1)).toBe(20);
    await tcp.set(1, 'holding', 0, 20);
    await eventually('its end', () => (told('smoke-lab').length === 2 ? true : undefined));
    await gateway.query('sensor', 'bypass', 'smoke-lab', '--end');
    expect(told('smoke-lab')).toEqual(['raised (test)', 'cleared (test)']);
  });
});

describe('a supervised detector line behind a serial server', () => {
  const fault = (step: string) =>
    province.hub.wait(
      `the fault ${step}`,
      ({ topic, body }) =>
        topic.endsWith('/condition/sensor-fault/line-annex') &&
        String(body['type']).includes(step) &&
        (body['data'] as { channel: string }).channel === 'open',
    );

  it('is a fire at the hub while a detector loads it, and a fault while it is cut, each until it is over', async () => {
    await annex.set(5, 'input', 0, 909);
    await eventually('the fire', () => (told('line-annex').length === 1 ? true : undefined));
    await annex.set(5, 'input', 0, normalOhm);
    await eventually('its end', () => (told('line-annex').length === 2 ? true : undefined));
    await annex.set(5, 'input', 0, 65_535);
    const raised = await fault('raised');
    expect((raised.body['data'] as { message: { ko: string } }).message.ko).toContain('단선');
    await annex.set(5, 'input', 0, normalOhm);
    await fault('cleared');
    expect(province.hub.alarms({ device: 'line-annex', unique: true }).map(({ severity }) => severity)).toEqual(['critical', 'critical']);
  });
});

describe('a polled point', () => {
  const smoke = (value: 0 | 1) => rtu.set(7, 'discrete', 0, value);
  const dead = async (act: () => Promise<void>): Promise<void> => {
    await gateway.stop('SIGKILL');
    await act();
    await gateway.start();
    await eventually('the bus', async () => {
      const { sensors } = (await gateway.query('sensor', 'list')) as { sensors: { id: string; state: string }[] };
      return sensors.every(({ state }) => state === 'ok') ? true : undefined;
    });
  };
  const open = async (): Promise<number> =>
    ((await gateway.query('alarm', 'list', '--open', '--device', 'smoke-hall')) as { alarms: unknown[] }).alarms.length;

  it('that alarmed and fell back to normal while the gateway was dead is one alarm when it was seen, and none when it was not', async () => {
    const before = told('smoke-hall').length;
    await smoke(1);
    await eventually('the alarm', async () => ((await open()) === 1 ? true : undefined));
    await dead(() => smoke(0));
    await eventually('its end', () => (told('smoke-hall').length === before + 2 ? true : undefined));
    await dead(async () => {
      await smoke(1);
      await smoke(0);
    });
    expect(await open()).toBe(0);
    expect(told('smoke-hall').slice(before)).toEqual(['raised', 'cleared']);
  });

  it('that fell back and rose again meanwhile stays the one alarm; at a kill in the moment of the change it is never two', async () => {
    const before = told('smoke-hall').length;
    await smoke(1);
    await eventually('the alarm', async () => ((await open()) === 1 ? true : undefined));
    await dead(async () => {
      await smoke(0);
      await smoke(1);
    });
    expect(await open()).toBe(1);
    // Killed before the change was polled, and about when it is committed.
    await smoke(0);
    await dead(async () => {});
    await eventually('the end', async () => ((await open()) === 0 ? true : undefined));
    await smoke(1);
    await sleep(110);
    await dead(async () => {});
    await eventually('the alarm again', async () => ((await open()) === 1 ? true : undefined));
    // Two alarms, each raised once, the first cleared once; what waited for the line goes by its gravity, not by its time.
    await eventually('all at the hub', () => (told('smoke-hall').length >= before + 3 ? true : undefined));
    const byAlarm = Map.groupBy(province.hub.alarms({ device: 'smoke-hall', unique: true }).slice(before), ({ alarmid }) => alarmid);
    const steps = [...byAlarm.values()].map((each) => each.map(({ data }) => (data as { step: string }).step));
    expect(steps.toSorted((left, right) => left.length - right.length)).toEqual([['raised'], ['raised', 'cleared']]);
  });
});
