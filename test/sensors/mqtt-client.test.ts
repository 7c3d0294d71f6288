// The client of outside brokers against a real Mosquitto: what is acknowledged when, and what comes again.
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolvedSecret } from '#base';
import { openTestCertificates } from '../peers/certificates.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { buttonMap, mosquitto, type RunningSensors, runSensors } from './mqtt-stage.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});
function keep<T extends AsyncDisposable>(each: T): T {
  open.push(each);
  return each;
}

const sources = [
  { id: 'pole', device: 'bell-1', topics: ['site/pole/1'], map: buttonMap },
  {
    id: 'lora',
    device: 'lora-gateway',
    topics: ['application/+/device/{key}/event/up'],
    map: 'chirpstack-v4',
    devices: [{ device: 'door-1', key: 'a84041', template: 'milesight-ws301' }],
  },
  { id: 'plain', device: 'plain', topics: ['plain/{key}'], map: { rules: buttonMap.rules }, devices: [{ device: 'contact-7', key: '7' }] },
];
const connection = (broker: Mosquitto, more: object = {}): object => ({
  connections: [{ id: 'site', url: broker.url, clientId: 'bongsu-1', sources, ...more }],
});
const publish = (broker: Mosquitto, topic: string, body: string, more: readonly string[] = []) =>
  mosquitto('mosquitto_pub', broker.port, ['-q', '1', '-t', topic, '-m', body, ...more]);
const acknowledged = (broker: Mosquitto): number => broker.log().split('Received PUBACK from bongsu-1').length - 1;
const delivered = (broker: Mosquitto): number => broker.log().split('Sending PUBLISH to bongsu-1').length - 1;
const isSubscribed = (broker: Mosquitto): Promise<void> =>
  vi.waitFor(() => expect(broker.log()).toContain('Sending SUBACK to bongsu-1'), { timeout: 5000 });
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 20 });

/** Sensors that have subscribed. */
async function start(broker: Mosquitto, deps: Recorder, more: object = {}): Promise<RunningSensors> {
  const running = keep(runSensors(connection(broker, more), deps));
  await isSubscribed(broker);
  return running;
}

describe('the client of an outside broker', () => {
  it('raises and clears, keeps devices apart by their topics, and takes bare words', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    const { sensors } = await start(broker, recorder);
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    await publish(broker, 'site/pole/1', '{"id":"m2","state":"normal"}');
    await publish(broker, 'plain/7', 'ON');
    await publish(broker, 'plain/8', 'ON');
    await publish(
      broker,
      'application/1/device/a84041/event/up',
      JSON.stringify({ deduplicationId: 'u1', object: { tamper_status: 'open' } }),
    );
    await eventually(() => expect(acknowledged(broker)).toBe(6));
    expect(recorder.reports).toMatchObject([
      { device: 'bell-1', kind: 'emergency-call', state: 'active', occurrenceKind: 'given' },
      { device: 'bell-1', kind: 'emergency-call', state: 'inactive' },
      { device: 'contact-7', kind: 'intrusion', state: 'pulse', occurrenceKind: 'derived' },
      { device: 'door-1', kind: 'tamper', state: 'active' },
    ]);
    const status = Object.fromEntries(sensors.status().map((each) => [each.device, each]));
    expect(status['door-1']).toMatchObject({ driver: 'mqtt', source: 'lora', state: 'ok' });
    expect(status['plain']?.problem?.en).toContain('plain/8: a message of a device that is not configured');
  });

  it('acknowledges after the commit, and not before', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    const commit = Promise.withResolvers<void>();
    const slow: Recorder = {
      ...recorder,
      report: async (report, how) => {
        await commit.promise;
        return await recorder.report(report, how);
      },
    };
    await start(broker, slow);
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    await eventually(() => expect(delivered(broker)).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(acknowledged(broker)).toBe(0);
    commit.resolve();
    await eventually(() => expect(acknowledged(broker)).toBe(1));
    expect(recorder.reports).toHaveLength(1);
  });

  it('lets no measured value that waits for its batch hold up a fire behind it, and acknowledges in the order of the messages', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    const slow: Recorder = {
      ...recorder,
      async reading(reading) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        await recorder.reading(reading);
      },
    };
    const gauge = {
      points: [{ name: 'level', path: 'level', reading: { kind: 'water-level', every: '0s' } }],
      rules: [],
    };
    const tank = { id: 'tank', device: 'tank', topics: ['tank/level'], template: 'gauge' };
    keep(runSensors(connection(broker, { sources: [...sources, tank] }), slow, { gauge }));
    await isSubscribed(broker);
    const levels = Array.from({ length: 12 }, (_, at) => `{"level":${at}}\n`).join('');
    const since = performance.now();
    await mosquitto('mosquitto_pub', broker.port, ['-q', '1', '-t', 'tank/level', '-l'], { input: levels });
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    await eventually(() => expect(recorder.reports).toHaveLength(1));
    expect(performance.now() - since, 'twelve values of a quarter of a second each').toBeLessThan(2000);
    expect(acknowledged(broker), 'the fire is not acknowledged before what came before it').toBeLessThan(13);
    await eventually(() => expect(acknowledged(broker)).toBe(13));
    expect(recorder.readings.map(({ value }) => value)).toEqual(Array.from({ length: 12 }, (_, at) => at));
  });

  it('acknowledges nothing while the store fails; what the broker sends again is raised once', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    await start(broker, recorder);
    recorder.failing = true;
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    await eventually(() => expect(delivered(broker)).toBeGreaterThanOrEqual(2));
    expect(acknowledged(broker)).toBe(0);
    recorder.failing = false;
    await eventually(() => expect(acknowledged(broker)).toBe(1));
    expect(recorder.reports).toMatchObject([{ device: 'bell-1', state: 'active' }]);
    expect(recorder.said()).not.toContain('bus-fault raised gateway');
  });

  it('makes no second alarm of a message that was committed and not acknowledged', async () => {
    const broker = keep(await openMosquitto());
    const store = openRecorder();
    const dying: Recorder = {
      ...store,
      report: async (report, how) => {
        await store.report(report, how);
        return await new Promise(() => {});
      },
    };
    const first = runSensors(connection(broker), dying);
    await isSubscribed(broker);
    await publish(broker, 'site/pole/1', '{"state":"alarm"}');
    await eventually(() => expect(store.reports).toHaveLength(1));
    await first[Symbol.asyncDispose]();
    expect(acknowledged(broker)).toBe(0);
    keep(runSensors(connection(broker), store));
    await eventually(() => expect(acknowledged(broker)).toBe(1));
    expect(delivered(broker)).toBe(2);
    expect(store.reports).toHaveLength(1);
  });

  it('hears what came while it was down', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    const first = runSensors(connection(broker), recorder);
    await isSubscribed(broker);
    await first[Symbol.asyncDispose]();
    await publish(broker, 'site/pole/1', '{"id":"m1","state":"alarm"}');
    expect(recorder.reports).toEqual([]);
    keep(runSensors(connection(broker), recorder));
    await eventually(() => expect(recorder.reports).toMatchObject([{ device: 'bell-1', state: 'active' }]));
  });

  it('judges a retained message once, and as no event; says when the broker is away', async () => {
    const broker = keep(await openMosquitto({ persistence: true }));
    const recorder = openRecorder();
    await publish(broker, 'site/pole/1', '{"state":"alarm"}', ['-r']);
    await publish(broker, 'plain/7', 'ON', ['-r']);
    const { sensors } = await start(broker, recorder);
    await eventually(() => expect(acknowledged(broker)).toBe(2));
    expect(recorder.reports).toMatchObject([{ device: 'bell-1', state: 'active' }]);
    expect(sensors.status()[0]).toMatchObject({ device: 'bell-1', state: 'waiting' });

    await broker.stop();
    await eventually(() => expect(recorder.said()).toContain('bus-fault raised gateway'));
    expect(recorder.conditions).toMatchObject([{ kind: 'bus-fault', channel: 'mqtt-site', detail: expect.stringContaining('127.0.0.1') }]);
    const before = acknowledged(broker);
    recorder.report = () => Promise.reject(new Error('judged again'));
    await broker.start();
    await eventually(() => expect(acknowledged(broker)).toBe(before + 2));
    await eventually(() => expect(recorder.said()).toContain('bus-fault cleared gateway'));
  });

  it('speaks TLS with a certificate of its own, and says why a login or an authority is refused', async () => {
    const certificates = keep(await openTestCertificates());
    const broker = keep(await openMosquitto({ certificates, users: { sensors: 'right-password' } }));
    const recorder = openRecorder();
    const { ca, client, stranger } = certificates;
    const tls = { ca, cert: client.cert, key: resolvedSecret(await readFile(client.key, 'utf8')) };
    const login = { url: broker.tlsUrl, tls, username: 'sensors', password: resolvedSecret('right-password') };
    const problemOf = async (more: object): Promise<string> => {
      const heard = openRecorder();
      await using _running = runSensors(connection(broker, { ...login, ...more, clientId: 'other' }), heard);
      await eventually(() => expect(heard.conditions).toHaveLength(1));
      return heard.conditions[0]?.message.en ?? '';
    };
    expect(await problemOf({ password: resolvedSecret('wrong') })).toContain('refuses the login');
    expect(await problemOf({ tls: { ...tls, ca: stranger.ca } })).toContain('TLS of an MQTT broker');
    await start(broker, recorder, login);
    await publish(broker, 'site/pole/1', '{"state":"alarm"}', ['-u', 'sensors', '-P', 'right-password']);
    await eventually(() => expect(recorder.reports).toHaveLength(1));
  });

  it('lets no flood of one device drop a fire: neither another’s on the same topic, nor its own', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    const detectors = ['a', 'b'].map((key) => ({ device: `smoke-${key}`, key, template: 'detector' }));
    const hub = { id: 'lobby', device: 'lobby', topics: ['lobby/events'], map: { id: 'id', device: 'device' }, devices: detectors };
    const detector = {
      points: [{ name: 'smoke', path: 'smoke' }],
      rules: [{ point: 'smoke', alarm: 'smoke', when: { above: 10, clearAt: 5 }, raiseAfter: { count: 2 } }],
    };
    keep(runSensors(connection(broker, { sources: [...sources, hub], messagesPerSecond: 5 }), recorder, { detector }));
    await isSubscribed(broker);
    const say = (device: string, smoke: number, count: number): string =>
      Array.from({ length: count }, (_, at) => `${JSON.stringify({ id: `${device}-${smoke}-${at}`, device, smoke })}\n`).join('');
    const story = [say('a', 1, 10_000), say('b', 30, 2), say('a', 1, 5000), say('a', 40, 2), say('a', 1, 5000)].join('');
    const since = performance.now();
    await mosquitto('mosquitto_pub', broker.port, ['-q', '0', '-t', 'lobby/events', '-l'], { input: story });
    const perSecond = 20_004 / ((performance.now() - since) / 1000);
    expect(perSecond, 'a flood').toBeGreaterThan(5000);
    await eventually(() =>
      expect(recorder.reports.map(({ device, state }) => `${device} ${state}`)).toEqual([
        'smoke-b active',
        'smoke-a active',
        'smoke-a inactive',
      ]),
    );
    await eventually(() => expect(recorder.conditions).toContainEqual(expect.objectContaining({ kind: 'alarm-flood', state: 'raised' })));
    expect(recorder.conditions.filter(({ kind }) => kind === 'alarm-flood')).toMatchObject([
      { message: { en: expect.stringContaining('smoke-a') } },
    ]);
  });

  it('drops what one device sends too much and says so, and drops the payload of what is too large', async () => {
    const broker = keep(await openMosquitto());
    const recorder = openRecorder();
    await start(broker, recorder, { messagesPerSecond: 1 });
    const flood = Array.from({ length: 200 }, (_, index) => `{"id":"m${index}","state":"pressed"}`).join('\n');
    await mosquitto('mosquitto_pub', broker.port, ['-q', '1', '-t', 'site/pole/1', '-l'], { input: `${flood}\n` });
    await publish(broker, 'plain/7', `{"value":"ON","x":"${'x'.repeat(70_000)}"}`);
    await publish(broker, 'plain/7', 'ON');
    await eventually(() => expect(recorder.reports.at(-1)?.device).toBe('contact-7'));
    const ofFlood = recorder.reports.filter(({ device }) => device === 'bell-1').length;
    expect(ofFlood).toBeGreaterThanOrEqual(10);
    expect(ofFlood).toBeLessThan(30);
    expect(recorder.reports).toHaveLength(ofFlood + 1);
    await eventually(() => expect(recorder.conditions).toMatchObject([{ kind: 'alarm-flood', state: 'raised', channel: 'mqtt-site' }]));
  });
});
