// The story of sensors: smoke on a Modbus RTU bus and on Modbus TCP, a fall by webhook, bells by way of two MQTT brokers, up to the hub and cleared; also with the broker away.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { type ModbusServer, openModbusServer } from '../peers/modbus.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { openPtyPair } from '../peers/pty.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let rtu: ModbusServer;
let tcp: ModbusServer;
let siteBroker: Mosquitto;
let webhookPort = 0;
let mqttPort = 0;

beforeAll(async () => {
  province = stack.use(await openProvince());
  const pty = stack.use(await openPtyPair());
  rtu = stack.use(await openModbusServer({ rtu: pty.a }, [7]));
  await rtu.set(7, 'coil', 0, 1); // mounted
  tcp = stack.use(await openModbusServer({ tcp: true }, [1]));
  siteBroker = stack.use(await openMosquitto());
  webhookPort = await freePort();
  mqttPort = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      sensors: {
        buses: [
          {
            id: 'rtu',
            driver: 'modbus-rtu',
            port: pty.b,
            baud: 9600,
            parity: 'none',
            pollInterval: '200ms',
            units: [{ device: 'smoke-rtu', unit: 7, template: 'smoke-ug3' }],
          },
          {
            id: 'tcp',
            driver: 'modbus-tcp',
            host: '127.0.0.1',
            port: tcp.port,
            pollInterval: '200ms',
            units: [{ device: 'smoke-tcp', unit: 1, template: 'smoke-contact' }],
          },
        ],
        webhook: await fallRadar(folder, webhookPort),
        mqtt: {
          connections: [{ id: 'site', url: siteBroker.url, clientId: 'bongsu-gw-1', sources: [bell('bell-site'), button] }],
          broker: {
            listen: { port: mqttPort },
            users: [{ name: 'bell-own', password: await secretFile(folder, 'bell-own', bellPassword), sources: [bell('bell-own')] }],
          },
        },
      },
    })),
  );
});
afterAll(() => stack.disposeAsync());

const bellPassword = 'bell-password';

/** A button of a shipped template, which never says that it was released. */
const button = { id: 'button', device: 'button-1', topics: ['button'], template: 'emergency-button' };

/** A bell that says `{ "is": "pressed" | "released" }`. */
function bell(device: string): object {
  const rule = (state: string, word: string) => ({ kind: 'emergency-call', state, when: { path: 'is', equals: [word] } });
  return {
    id: device,
    device,
    topics: [`bell/${device}`],
    map: { id: 'id', rules: [rule('active', 'pressed'), rule('inactive', 'released')] },
  };
}

/** Publishes with QoS 1: resolves when the broker has answered. */
async function ring(device: string, is: string, n: number): Promise<void> {
  const [port, login] = device === 'bell-own' ? [mqttPort, ['-u', device, '-P', bellPassword]] : [siteBroker.port, []];
  const message = JSON.stringify({ id: `${is}-${n}`, is });
  await promisify(execFile)('mosquitto_pub', ['-p', String(port), ...login, '-q', '1', '-t', `bell/${device}`, '-m', message]);
}

/** Sends with curl, as a maker's cloud would; gives status and body. */
async function curl(body: string, token = fallToken): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = ['content-type: application/json', `authorization: Bearer ${token}`].flatMap((header) => ['-H', header]);
  const address = `http://127.0.0.1:${webhookPort}/webhook/radar`;
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-o', '-', '-w', '\n%{http_code}', ...headers, '-d', body, address]);
  const cut = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(cut + 1)), body: JSON.parse(stdout.slice(0, cut)) as Record<string, unknown> };
}

/** The steps of one device's newest `count` transitions, by the time they are there. */
async function steps(device: string, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return eventually(`${count} transitions of ${device}`, () => {
    const alarms = province.hub.alarms({ device, unique: true });
    return alarms.length >= count ? alarms : undefined;
  });
}

const trip: Readonly<
  Record<string, { device: string; kind: string; raise(n: number): Promise<unknown>; clear(n: number): Promise<unknown> }>
> = {
  'Modbus RTU': { device: 'smoke-rtu', kind: 'smoke', raise: () => rtu.set(7, 'coil', 2, 1), clear: () => rtu.set(7, 'coil', 2, 0) },
  'Modbus TCP': {
    device: 'smoke-tcp',
    kind: 'smoke',
    raise: () => tcp.set(1, 'discrete', 0, 1),
    clear: () => tcp.set(1, 'discrete', 0, 0),
  },
  webhook: {
    device: 'fall-1',
    kind: 'fall',
    raise: async (n) => expect(await curl(fallMessage(`fall-${n}`, 'fall confirmed'))).toMatchObject({ status: 200 }),
    clear: async (n) => expect(await curl(fallMessage(`exit-${n}`, 'fall exit'))).toMatchObject({ status: 200 }),
  },
  'MQTT, the site’s own Mosquitto': {
    device: 'bell-site',
    kind: 'emergency-call',
    raise: (n) => ring('bell-site', 'pressed', n),
    clear: (n) => ring('bell-site', 'released', n),
  },
  'MQTT, the broker in the gateway': {
    device: 'bell-own',
    kind: 'emergency-call',
    raise: (n) => ring('bell-own', 'pressed', n),
    clear: (n) => ring('bell-own', 'released', n),
  },
};

/** What is told before the first session stands is a replay, and rightly. */
beforeAll(async () => void (await province.hub.wait('the first session', ({ topic }) => topic.endsWith('/state'), 20_000)));

describe.each(Object.entries(trip))('an alarm of %s goes up', (_, { device, kind, raise, clear }) => {
  it('reaches the hub once, and its clear follows with the same alarmid', async () => {
    await raise(1);
    await steps(device, 1);
    await clear(1);
    const [raised, cleared] = await steps(device, 2);
    expect(raised).toMatchObject({
      type: 'kr.bongsu.alarm.raised.v1',
      source: `/bongsu/52710/gw-1/${device}`,
      severity: 'critical',
      replay: false,
    });
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: raised?.['alarmid'] });
    expect(province.hub.messages.some(({ topic }) => topic === `bongsu/v1/52710/gw-1/alarm/${kind}/${device}`)).toBe(true);
  });

  it('waits while the broker is away, and goes later, once, with its id and as replay', async () => {
    await province.broker.stop();
    await raise(2);
    const open = await eventually(`the open alarm of ${device}`, async () => {
      const { alarms } = (await gateway.query('alarm', 'list', '--open')) as { alarms: { device: string; alarmId: string }[] };
      return alarms.find((alarm) => alarm.device === device);
    });
    expect(province.hub.alarms({ device, unique: true })).toHaveLength(2);
    await province.broker.start();
    const [, , raised] = await steps(device, 3);
    expect(raised).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', alarmid: open.alarmId, replay: true });
    await clear(2);
    const [, , , cleared] = await steps(device, 4);
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: open.alarmId });
    expect(province.hub.alarms({ device })).toHaveLength(4);
  });
});

describe('the outbox', () => {
  it('is empty when the hub has everything', async () => {
    await eventually('an empty outbox', async () => {
      const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
      return destinations.every(({ pending }) => pending === 0) ? true : undefined;
    });
  });

  it('gives each class contiguous sequence numbers', () => {
    const sequences = province.hub.alarms({ unique: true }).map((alarm) => Number(alarm['sequence']));
    const first = Math.min(...sequences);
    expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences.map((_, index) => first + index));
  });
});

describe('the webhook', () => {
  it('takes a retry for the same occurrence', async () => {
    const first = await curl(fallMessage('again', 'fall confirmed'));
    const second = await curl(fallMessage('again', 'fall confirmed'));
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ alarmId: first.body['alarmId'] });
    await curl(fallMessage('again-exit', 'fall exit'));
  });

  it('takes the same words after the clear for a second fall', async () => {
    const say = (status: string) => curl(JSON.stringify({ type: 1, payload: { status } }));
    const results: unknown[] = [];
    for (const status of ['fall confirmed', 'fall confirmed', 'fall exit', 'fall confirmed', 'fall exit'])
      results.push((await say(status)).body['result']);
    expect(results).toEqual(['raised', 'duplicate', 'cleared', 'raised', 'cleared']);
  });

  it('refuses a stranger and what is no JSON, and says why', async () => {
    expect(await curl(fallMessage('x', 'fall confirmed'), 'not-the-token-at-all')).toMatchObject({ status: 401 });
    expect(await curl('{"id":')).toMatchObject({ status: 400 });
  });
});

describe('a silent unit', () => {
  it('is a condition, and its answer clears it', async () => {
    await rtu.mute(7);
    const raised = await province.hub.wait(
      'sensor-silent',
      ({ topic, body }) => topic.endsWith('/condition/sensor-silent/smoke-rtu') && String(body['type']).includes('raised'),
    );
    expect(raised.body['severity']).toBe('major');
    const message = { ko: '국번 7: 응답이 없습니다', en: 'unit 7: no answer' };
    expect(raised.body['data']).toMatchObject({ message });
    expect(await gateway.query('sensor', 'list')).toMatchObject({
      sensors: [
        { id: 'smoke-rtu', driver: 'modbus-rtu', source: 'rtu', state: 'silent', problem: message },
        { id: 'smoke-tcp', driver: 'modbus-tcp', state: 'ok', values: { smoke: 0 } },
        { id: 'bell-site', driver: 'mqtt', source: 'bell-site', state: 'ok' },
        { id: 'button-1', driver: 'mqtt', source: 'button', state: 'waiting', values: {} },
        { id: 'bell-own', driver: 'mqtt', source: 'bell-own', state: 'ok' },
        { id: 'fall-1', driver: 'webhook', state: 'ok' },
      ],
    });
    for (const verb of ['status', 'sensor list']) expect(await gateway.cli([...verb.split(' '), '--lang', 'ko'])).toContain(message.ko);
    await rtu.unmute(7);
    await province.hub.wait(
      'its clear',
      ({ topic, body }) => topic.endsWith('/condition/sensor-silent/smoke-rtu') && String(body['type']).includes('cleared'),
    );
  });
});

describe('MQTT', () => {
  it('brings a message once that came while the gateway died and was down', async () => {
    await Promise.all([ring('bell-site', 'pressed', 3), gateway.stop('SIGKILL')]);
    await ring('bell-site', 'released', 3);
    await gateway.start();
    const all = await steps('bell-site', 6);
    expect(all.slice(4).map((step) => step['type'])).toEqual(['kr.bongsu.alarm.raised.v1', 'kr.bongsu.alarm.cleared.v1']);
    expect(all[5]?.['alarmid']).toBe(all[4]?.['alarmid']);
  });
});

describe('what a person clears while it stands', () => {
  const clear = (alarmId: unknown): Promise<unknown> => gateway.query('alarm', 'clear', String(alarmId), '--reason', 'seen to');

  it('is raised anew by the next press of a button that never says released', async () => {
    const press = () =>
      promisify(execFile)('mosquitto_pub', ['-p', String(siteBroker.port), '-q', '1', '-t', 'button', '-m', '{"button":"pressed"}']);
    await press();
    await press();
    const [first] = await steps('button-1', 1);
    await clear(first?.['alarmid']);
    await steps('button-1', 2);
    await press();
    const [, cleared, second] = await steps('button-1', 3);
    expect([first, cleared, second].map((step) => String(step?.['type']).split('.')[3])).toEqual(['raised', 'cleared', 'raised']);
    expect(second?.['alarmid']).not.toBe(first?.['alarmid']);
    await clear(second?.['alarmid']);
    await steps('button-1', 4);
  });

  it('is raised anew at the next poll, also over a restart, and its end is told', async () => {
    const before = province.hub.alarms({ device: 'smoke-tcp', unique: true }).length;
    await tcp.set(1, 'discrete', 0, 1);
    const first = (await steps('smoke-tcp', before + 1)).at(-1);
    await clear(first?.['alarmid']);
    const second = (await steps('smoke-tcp', before + 3)).at(-1);
    expect(second?.['type']).toBe('kr.bongsu.alarm.raised.v1');
    expect(second?.['alarmid']).not.toBe(first?.['alarmid']);
    await gateway.stop('SIGKILL');
    await gateway.start();
    await tcp.set(1, 'discrete', 0, 0);
    const told = (await steps('smoke-tcp', before + 4)).slice(before);
    expect(told.map(({ type }) => String(type).split('.')[3])).toEqual(['raised', 'cleared', 'raised', 'cleared']);
    expect(told.at(-1)?.['alarmid']).toBe(second?.['alarmid']);
    // A button that was cleared is not pressed by a restart.
    expect(province.hub.alarms({ device: 'button-1', unique: true })).toHaveLength(4);
  });
});
