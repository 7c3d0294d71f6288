// The broker in the gateway with Mosquitto's clients: who may say what, when it is answered, and what one device can do to the others.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolvedSecret } from '#base';
import { openTestCertificates } from '../peers/certificates.ts';
import { buttonMap, type ClientRun, mosquitto, portOf, type RunningSensors, runSensors } from './mqtt-stage.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const passwords = { hall: 'hall-password', pole: 'pole-password' } as const;
type User = keyof typeof passwords;
const broker = {
  listen: { port: 0 },
  connectionsPerAddress: 4,
  users: [
    {
      name: 'hall',
      password: resolvedSecret(passwords.hall),
      sources: [
        {
          id: 'hall',
          device: 'hall-hub',
          topics: ['hall/{key}/state', 'hall/hub'],
          map: buttonMap,
          devices: [{ device: 'hall-1', key: '1' }],
        },
      ],
    },
    {
      name: 'pole',
      password: resolvedSecret(passwords.pole),
      sources: [{ id: 'pole', device: 'bell-1', topics: ['pole/bell'], map: buttonMap }],
    },
  ],
};

let recorder: Recorder;
let running: RunningSensors;
let port = 0;
const start = async (deps: Recorder, more: object = {}): Promise<void> => {
  running = runSensors({ broker: { ...broker, ...more } }, deps);
  port = await portOf(running);
};
beforeEach(() => {
  recorder = openRecorder();
});
afterEach(() => running[Symbol.asyncDispose]());

const login = (user: User): string[] => ['-u', user, '-P', passwords[user]];
const publish = (user: User, topic: string, body: string, more: readonly string[] = []): Promise<ClientRun> =>
  mosquitto('mosquitto_pub', port, [...login(user), '-q', '1', '-t', topic, '-m', body, ...more], { limitMs: 5000 });
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 20 });

describe('the broker for the site’s own devices', () => {
  it('takes what a user may say, and nothing else; gives nothing out', async () => {
    await start(recorder);
    expect(await publish('hall', 'hall/1/state', '{"id":"m1","state":"alarm"}')).toMatchObject({ code: 0 });
    expect(await publish('hall', 'hall/1/state', '{"id":"m1","state":"alarm"}')).toMatchObject({ code: 0 });
    expect(await publish('pole', 'pole/bell', 'ON', ['-r'])).toMatchObject({ code: 0 });
    expect(recorder.reports).toMatchObject([
      { device: 'hall-1', kind: 'emergency-call', state: 'active' },
      { device: 'bell-1', kind: 'intrusion', state: 'pulse' },
    ]);
    const heard = recorder.reports.length;
    const [foreign, system, stranger, nobody, reading, retained] = await Promise.all([
      mosquitto('mosquitto_pub', port, [...login('pole'), '-q', '1', '-t', 'hall/1/state', '-m', '{"state":"normal"}'], { limitMs: 1500 }),
      mosquitto('mosquitto_pub', port, [...login('pole'), '-q', '1', '-t', '$SYS/x', '-m', '1'], { limitMs: 1500 }),
      mosquitto('mosquitto_pub', port, ['-u', 'pole', '-P', passwords.hall, '-q', '1', '-t', 'pole/bell', '-m', 'ON']),
      mosquitto('mosquitto_pub', port, ['-q', '1', '-t', 'pole/bell', '-m', 'ON']),
      mosquitto('mosquitto_sub', port, [...login('pole'), '-t', '#', '-W', '2']),
      mosquitto('mosquitto_sub', port, [...login('pole'), '-t', 'pole/bell', '-W', '2']),
    ]);
    expect([foreign.code, system.code]).not.toContain(0);
    expect([stranger.code, nobody.code]).toEqual([4, 4]);
    expect([reading.output, retained.output].join()).toMatch(/denied.*denied/s);
    expect(recorder.reports).toHaveLength(heard);
    expect(running.sensors.status()).toMatchObject([
      { device: 'hall-hub', driver: 'mqtt', source: 'hall' },
      { device: 'hall-1', state: 'ok' },
      { device: 'bell-1', state: 'ok' },
    ]);
  });

  it('answers after the commit; a failing store is no answer, and the retry is raised once', async () => {
    const commit = Promise.withResolvers<void>();
    const slow: Recorder = {
      ...recorder,
      report: async (report, how) => {
        await commit.promise;
        return await recorder.report(report, how);
      },
    };
    await start(slow);
    let answered = false;
    const sent = publish('hall', 'hall/1/state', '{"id":"m1","state":"alarm"}').then((result) => {
      answered = true;
      return result;
    });
    await sleep(300);
    expect(answered).toBe(false);
    commit.resolve();
    expect(await sent).toMatchObject({ code: 0 });

    recorder.failing = true;
    const failed = await mosquitto('mosquitto_pub', port, [...login('pole'), '-q', '1', '-t', 'pole/bell', '-m', 'ON'], { limitMs: 700 });
    expect(failed.code).not.toBe(0);
    recorder.failing = false;
    expect(await publish('pole', 'pole/bell', 'ON')).toMatchObject({ code: 0 });
    expect(recorder.reports.map(({ device }) => device)).toEqual(['hall-1', 'bell-1']);
  });

  it('makes no second alarm when the device sends again what was committed and not answered', async () => {
    const dying: Recorder = {
      ...recorder,
      report: async (report, how) => {
        await recorder.report(report, how);
        return await new Promise(() => {});
      },
    };
    await start(dying);
    const sending = mosquitto('mosquitto_pub', port, [...login('pole'), '-q', '1', '-t', 'pole/bell', '-m', 'ON'], { limitMs: 1500 });
    await eventually(() => expect(recorder.reports).toHaveLength(1));
    await running[Symbol.asyncDispose]();
    expect((await sending).code).not.toBe(0);
    await start(recorder);
    expect(await publish('pole', 'pole/bell', 'ON')).toMatchObject({ code: 0 });
    expect(recorder.reports).toHaveLength(1);
  });

  it('lets no measured values hold up the fire behind them on one connection, and answers in the order of the messages', async () => {
    const slow: Recorder = {
      ...recorder,
      async reading(reading) {
        await sleep(250);
        await recorder.reading(reading);
      },
    };
    const gauge = {
      points: [{ name: 'level', path: 'level', reading: { kind: 'water-level', every: '0s' } }],
      rules: [{ point: 'level', alarm: 'fire', when: { above: 100 } }],
    };
    const [hall, pole] = broker.users;
    const tank = { id: 'tank', device: 'tank', topics: ['hall/tank'], template: 'gauge' };
    const users = [{ ...hall, sources: [...(hall?.sources ?? []), tank] }, pole];
    running = runSensors({ broker: { ...broker, users } }, slow, { gauge });
    port = await portOf(running);
    const client = await connected({ clientId: 'all', username: 'hall', password: passwords.hall });
    const answered: string[] = [];
    const say = (topic: string, body: string): Promise<unknown> =>
      client.publishAsync(topic, body, { qos: 1 }).then(() => answered.push(body));
    const since = performance.now();
    const levels = Array.from({ length: 20 }, (_, at) => say('hall/tank', `{"level":${at}}`));
    const fires = [say('hall/tank', '{"level":101}'), say('hall/1/state', '{"id":"m1","state":"alarm"}')];
    await eventually(() => expect(recorder.reports).toHaveLength(2));
    expect(performance.now() - since, 'twenty values of a quarter of a second each').toBeLessThan(2000);
    expect(answered, 'nothing is answered before what came before it').not.toContain('{"id":"m1","state":"alarm"}');
    await Promise.all([...levels, ...fires]);
    expect(answered.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, at) => `{"level":${at}}`));
    expect(recorder.readings.map(({ value }) => value)).toEqual([...Array.from({ length: 20 }, (_, at) => at), 101]);
    client.end(true);
  });

  it('answers what came before a message that it refuses, and nothing behind it', async () => {
    const commit = Promise.withResolvers<void>();
    await start({
      ...recorder,
      report: async (report, how) => {
        await commit.promise;
        return await recorder.report(report, how);
      },
    });
    const client = await connected({ clientId: 'mixed' });
    const answered: string[] = [];
    const say = (topic: string, body: string) => client.publish(topic, body, { qos: 1 }, (error) => void (error ?? answered.push(body)));
    const closed = once(client.stream, 'close');
    say('pole/bell', '{"id":"m1","state":"alarm"}');
    say('hall/1/state', '{"id":"m2","state":"alarm"}');
    await sleep(200);
    expect(answered).toEqual([]);
    commit.resolve();
    await closed;
    expect(answered).toEqual(['{"id":"m1","state":"alarm"}']);
    expect(recorder.reports).toMatchObject([{ device: 'bell-1' }]);
  });

  it('lets no flood of one device keep back another’s alarm, and says who floods', async () => {
    await start(recorder);
    const flooding = new AbortController();
    const sent = flood(port, flooding.signal);
    await sleep(1200);
    const before = performance.now();
    expect(await publish('pole', 'pole/bell', 'ON')).toMatchObject({ code: 0 });
    expect(performance.now() - before).toBeLessThan(1000);
    await eventually(() =>
      expect(recorder.conditions.filter(({ kind }) => kind === 'alarm-flood')).toMatchObject([{ state: 'raised', channel: 'mqtt-hall' }]),
    );
    flooding.abort();
    expect(await sent).toBeGreaterThan(4000);
    // 200 at once and 20 a second.
    const taken = recorder.reports.filter(({ device }) => device === 'hall-1').length;
    expect(taken).toBeGreaterThan(150);
    expect(taken).toBeLessThan(400);
  });

  it('takes the will of a device that vanishes, and of none when the gateway itself ends', async () => {
    await start(recorder);
    const will = { topic: 'pole/bell', payload: Buffer.from('{"state":"alarm"}'), qos: 1, retain: false } as const;
    const [vanishing, staying] = [
      await connected({ clientId: 'a', will }),
      await connected({ clientId: 'b', will: { ...will, payload: Buffer.from('ON') } }),
    ];
    vanishing.stream.destroy();
    await eventually(() => expect(recorder.reports).toMatchObject([{ device: 'bell-1', state: 'active' }]));
    await running[Symbol.asyncDispose]();
    await eventually(() => expect(staying.connected).toBe(false));
    expect(recorder.reports).toHaveLength(1);
  });

  it('lets nobody throw out another user by his client identifier', async () => {
    await start(recorder);
    const pole = await connected({ clientId: 'same' });
    await expect(connected({ clientId: 'same', username: 'hall', password: passwords.hall })).rejects.toThrow('Not authorized');
    expect(pole.connected).toBe(true);
    pole.end(true);
  });

  it('drops what is larger than 64 KiB, and goes on', async () => {
    await start(recorder);
    const large = `{"state":"alarm","x":"${'x'.repeat(66_000)}"}`;
    expect(await publish('pole', 'pole/bell', large)).toMatchObject({ code: 0 });
    expect(recorder.reports).toEqual([]);
    const fits = `{"state":"alarm","x":"${'x'.repeat(65_000)}"}`;
    expect(await publish('pole', 'pole/bell', fits)).toMatchObject({ code: 0 });
    expect(recorder.reports).toHaveLength(1);
  });

  it('lets a flood gain nothing by new connections, and keeps no alarm of its user back', async () => {
    await start(recorder);
    const flooding = new AbortController();
    const rounds = reconnectingFlood(flooding.signal);
    await eventually(() => expect(recorder.conditions).toMatchObject([{ kind: 'alarm-flood', state: 'raised', channel: 'mqtt-hall' }]));
    const before = performance.now();
    expect(await publish('hall', 'hall/hub', '{"id":"m1","state":"alarm"}')).toMatchObject({ code: 0 });
    expect(performance.now() - before).toBeLessThan(1000);
    flooding.abort();
    expect(await rounds).toBeGreaterThan(4);
    expect(recorder.reports.filter(({ device }) => device === 'hall-hub')).toMatchObject([{ state: 'active' }]);
    expect(recorder.reports.length).toBeLessThan(400);
  });

  it('is closed by no crowd of strangers, and sends away who does not say who it is', async () => {
    await start(recorder, { connectionsPerAddress: 20 });
    const crowd = Array.from({ length: 220 }, (_, index) =>
      connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${10 + (index % 11)}` }).on('error', () => {}),
    );
    await Promise.all(crowd.map((socket) => once(socket, 'connect')));
    for (let count = 0; count < 10; count += 1)
      expect(await publish('pole', 'pole/bell', `{"state":"ON","n":${count}}`)).toMatchObject({ code: 0 });
    expect(crowd.filter(({ destroyed }) => !destroyed).length).toBeGreaterThan(100);
    await eventually(() => expect(crowd.every(({ destroyed }) => destroyed)).toBe(true));
  });

  it('refuses who is one too many that is logged in from an address, and takes others when one has gone', async () => {
    await start(recorder);
    const silent = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await sleep(100);
    const members = await Promise.all(['a', 'b', 'c', 'd'].map((clientId) => connected({ clientId })));
    await expect(connected({ clientId: 'e' })).rejects.toThrow('Server unavailable');
    const [first] = members;
    expect((await connected({ clientId: 'a' })).connected).toBe(true); // in place of the first
    await eventually(() => expect(first?.connected).toBe(false));
    members[1]?.end(true);
    await vi.waitFor(async () => expect(await publish('pole', 'pole/bell', 'ON')).toMatchObject({ code: 0 }), { timeout: 8000 });
    for (const each of silent) each.destroy();
  });

  it('speaks TLS, and says when its port is taken', async () => {
    await using certificates = await openTestCertificates();
    const { ca, server } = certificates;
    await start(recorder, { tls: { cert: server.cert, key: resolvedSecret(await readFile(server.key, 'utf8')) } });
    expect(await publish('pole', 'pole/bell', 'ON', ['--cafile', ca])).toMatchObject({ code: 0 });
    expect(recorder.reports).toHaveLength(1);

    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const address = holder.address();
    const heard = openRecorder();
    await using _second = runSensors({ broker: { ...broker, listen: { port: typeof address === 'object' ? address?.port : 0 } } }, heard);
    await eventually(() => expect(heard.conditions).toMatchObject([{ kind: 'bus-fault', state: 'raised', channel: 'mqtt-broker' }]));
    holder.close();
  });
});

/** A client that is connected as `pole`; rejects when it is refused. */
async function connected(options: IClientOptions): Promise<MqttClient> {
  const all: IClientOptions = { protocolVersion: 4, username: 'pole', password: passwords.pole, reconnectPeriod: 0, ...options };
  const client = new MqttClient(() => connect(port, '127.0.0.1'), all);
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    client.once('connect', () => resolve());
  });
  return client;
}

/** Connects as `hall`, sends 200 events and connects anew, until aborted; resolves to how often. */
async function reconnectingFlood(signal: AbortSignal): Promise<number> {
  let rounds = 0;
  for (; !signal.aborted; rounds += 1) {
    const client = await connected({ username: 'hall', password: passwords.hall, clientId: `flood-${rounds}` });
    for (let count = 0; count < 200; count += 1) client.publish('hall/1/state', `{"id":"${rounds}-${count}","state":"pressed"}`);
    await sleep(100);
    client.end(true);
  }
  return rounds;
}

/** Sends some 5,000 events a second as `hall` until aborted, as far as the broker reads; resolves to how many. */
async function flood(to: number, signal: AbortSignal): Promise<number> {
  const client = new MqttClient(() => connect(to, '127.0.0.1'), {
    protocolVersion: 4,
    username: 'hall',
    password: passwords.hall,
    reconnectPeriod: 0,
  });
  client.on('error', () => {});
  await new Promise((resolve) => client.once('connect', resolve));
  const since = performance.now();
  let sent = 0;
  while (!signal.aborted) {
    for (const due = (performance.now() - since) * 5; sent < due; sent += 1) {
      client.publish('hall/1/state', `{"id":"${sent}","state":"pressed"}`, { qos: 0 });
    }
    await sleep(10);
  }
  client.stream.destroy();
  client.end(true);
  return sent;
}
