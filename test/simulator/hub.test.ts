// The small hub against mqtt.js: what it counts, what it tells, its commands, and its broker going down and coming back.

import fc from 'fast-check';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHub, type SimulatedHub, streamBody } from '#simulator';
import { readMessage } from '../../src/simulator/hub/message.ts';
import { addNumber, missingNumbers, type Ranges } from '../../src/simulator/hub/ranges.ts';
import { env, until } from './world.ts';

const login = { user: 'gateway', password: 'secret-1' };
const base = 'bongsu/v1/52710/gw-1';
let hub: SimulatedHub;
let client: MqttClient;

const connectTo = (options: IClientOptions = {}): Promise<MqttClient> =>
  connectAsync(hub.url, {
    protocolVersion: 4,
    username: login.user,
    password: login.password,
    reconnectPeriod: 0,
    connectTimeout: 3000,
    ...options,
  });

beforeEach(async () => {
  hub = await openHub({ host: '127.0.0.1', port: 0, login }, env);
  client = await connectTo();
});
afterEach(async () => {
  client.end(true);
  await hub[Symbol.asyncDispose]();
});

function alarm(step: string, sequence: number, alarmid: string, more: object = {}): Promise<unknown> {
  const event = {
    specversion: '1.0',
    id: `id-${sequence}-${alarmid}`,
    type: `kr.bongsu.alarm.${step}.v1`,
    alarmid,
    class: 'alarm',
    sequence: String(sequence).padStart(12, '0'),
    severity: 'critical',
    ...more,
  };
  return client.publishAsync(`${base}/alarm/smoke/smoke-1`, JSON.stringify(event), { qos: 1 });
}

const online = (state = 'online'): Promise<unknown> =>
  client.publishAsync(`${base}/state`, JSON.stringify({ id: `s-${state}`, type: `kr.bongsu.state.${state}.v1`, data: { state } }), {
    qos: 1,
    retain: true,
  });

describe('numbers', () => {
  it('that leap, because a store has lost its memory, are not missing', () => {
    const ranges: Ranges = { spans: [] };
    for (const value of [1, 2, 4, 100_000_005, 100_000_007, 99_000_000_000_001]) addNumber(ranges, value);
    expect(missingNumbers(ranges)).toBe(2);
  });
});

describe('what the hub counts', () => {
  it('raised, cleared, twice, missing, late, overtaken, unreadable', async () => {
    await alarm('raised', 1, 'a');
    await alarm('raised', 1, 'a');
    await alarm('raised', 4, 'b', { replay: true });
    await alarm('updated', 3, 'b');
    await alarm('cleared', 5, 'a');
    await alarm('cleared', 6, 'never-raised');
    await client.publishAsync(`${base}/alarm/smoke/smoke-1`, 'no json', { qos: 1 });
    expect(hub.counts()).toMatchObject({
      alarms: { raised: 2, updated: 1, cleared: 2, open: 1, replayed: 1 },
      messages: 6,
      duplicates: 1,
      missing: 1,
      overtaken: 1,
      unreadable: 1,
      classes: { alarm: { messages: 5, missing: 1, late: 1 } },
    });
  });

  it('ranges agree with a set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 }), (numbers) => {
        const ranges: Ranges = { spans: [] };
        const seen = new Set<number>();
        for (const number of numbers) {
          const highest = Math.max(0, ...seen);
          const said = addNumber(ranges, number);
          expect(said).toBe(seen.has(number) ? 'again' : number > highest ? 'next' : 'late');
          seen.add(number);
        }
        const span = seen.size === 0 ? 0 : Math.max(...seen) - Math.min(...seen) + 1;
        expect(missingNumbers(ranges)).toBe(span - seen.size);
      }),
    );
  });

  it('reads any message', () => {
    fc.assert(fc.property(fc.string(), fc.uint8Array(), (topic, payload) => void readMessage(topic, payload)));
    fc.assert(fc.property(fc.json(), (text) => void readMessage(`${base}/alarm/smoke/x`, Buffer.from(text))));
  });
});

describe('what the hub tells', () => {
  it('alarms in plain words, once', async () => {
    const told: string[] = [];
    hub.tell((text) => told.push(text.en, text.ko));
    await alarm('raised', 1, 'a', { replay: true, test: true });
    await alarm('raised', 1, 'a');
    await alarm('cleared', 2, 'a');
    expect(told).toEqual([
      'alarm RAISED: smoke at smoke-1, critical (sent after an outage) [TEST]',
      '알람 발생: smoke-1 연기, 긴급 (통신 복구 후 전송) [시험]',
      'alarm cleared: smoke at smoke-1, critical',
      '알람 해제: smoke-1 연기, 긴급',
    ]);
  });

  it.each([
    [
      { message: { ko: '응답이 없습니다. 전원을 확인하십시오.', en: 'No answer. Check the power.' } },
      'condition RAISED: camera does not answer at cam-1, major: No answer. Check the power.',
      '이상 발생: cam-1 카메라 연결 끊김, 중대: 응답이 없습니다. 전원을 확인하십시오.',
    ],
    [{ message: 'one language' }, 'condition RAISED: camera does not answer at cam-1, major', '이상 발생: cam-1 카메라 연결 끊김, 중대'],
    [null, 'condition RAISED: camera does not answer at cam-1, major', '이상 발생: cam-1 카메라 연결 끊김, 중대'],
  ])('a condition with its words in the language of the line: %j', async (data, en, ko) => {
    const told: string[] = [];
    hub.tell((text) => told.push(text.en, text.ko));
    const event = { id: 'c-1', type: 'kr.bongsu.condition.raised.v1', class: 'condition', sequence: '1', severity: 'major', data };
    await client.publishAsync(`${base}/condition/camera-lost/cam-1`, JSON.stringify(event), { qos: 1 });
    expect(told).toEqual([en, ko]);
  });

  it('who is online', async () => {
    expect(await hub.whenOnline(50)).toBeUndefined();
    const waiting = hub.whenOnline(3000);
    await online();
    expect(await waiting).toEqual({ site: '52710', gateway: 'gw-1', online: true });
    await online('stopped');
    expect(hub.gateways).toEqual([{ site: '52710', gateway: 'gw-1', online: false }]);
  });

  it('a message that came before it was asked for', async () => {
    await alarm('raised', 1, 'a');
    expect(await hub.hear((message) => message.alarmId === 'a', 100)).toMatchObject({
      step: 'raised',
      path: ['alarm', 'smoke', 'smoke-1'],
    });
    expect(await hub.hear((message) => message.alarmId === 'z', 100)).toBeUndefined();
  });
});

describe('commands', () => {
  it('carry id, times and body, and come back with their outcome', async () => {
    await online();
    await client.subscribeAsync(`${base}/command/+`, { qos: 1 });
    client.on('message', (topic, payload) => {
      const body = JSON.parse(payload.toString());
      const outcome = { id: body.id, result: 'refused', reason: 'access.ground-missing', topic, body };
      client.publish(`${base}/outcome/stream.open`, JSON.stringify({ id: 'another', result: 'done' }), { qos: 1 });
      client.publish(`${base}/outcome/stream.open`, JSON.stringify(outcome), { qos: 1 });
    });
    const body = streamBody({ camera: 'cam-1', untilMs: Date.now() + 60_000, grant: { ground: undefined } });
    const outcome = await hub.command('stream.open', body, { timeoutMs: 3000 });
    expect(outcome).toMatchObject({
      result: 'refused',
      topic: `${base}/command/stream.open`,
      body: { camera: 'cam-1', channel: 1, quality: 'main' },
    });
    const sent = outcome['body'] as { time: string; expires: string; grant: object };
    expect(Date.parse(sent.expires) - Date.parse(sent.time)).toBe(3000);
    expect(sent.grant).not.toHaveProperty('ground');
  });

  it('that nobody answers fail', async () => {
    await expect(hub.command('gateway.status', {})).rejects.toMatchObject({ code: 'simulator.outcome-late' });
    await online();
    await expect(hub.command('gateway.status', {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'simulator.outcome-late' });
  });
});

describe('the broker', () => {
  it('asks for its login', async () => {
    await expect(connectTo({ password: 'wrong' })).rejects.toThrow(/authori[sz]ed/i);
    await expect(connectTo({ username: undefined as unknown as string, password: undefined as unknown as string })).rejects.toThrow();
  });
  it('refuses MQTT 5 and is still there', async () => {
    await expect(connectTo({ protocolVersion: 5 })).rejects.toThrow();
    expect(await connectTo().then((one) => one.endAsync(true).then(() => 'connected'))).toBe('connected');
  });
  it('goes down, and comes back on its port', async () => {
    await hub.stop();
    expect(await until(() => !client.connected)).toBe(true);
    await expect(connectTo()).rejects.toThrow();
    await hub.start();
    client = await connectTo();
    await alarm('raised', 1, 'a');
    expect(hub.counts().alarms.raised).toBe(1);
  });
  it('refuses everybody when told so', async () => {
    hub.refuse(true);
    expect(await until(() => !client.connected)).toBe(true);
    await expect(connectTo()).rejects.toThrow(/authori[sz]ed/i);
    hub.refuse(false);
    client = await connectTo();
  });
});
