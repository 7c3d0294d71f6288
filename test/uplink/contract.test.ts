// docs/contract held against real messages: what a gateway sends over a real broker, and what it takes.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Entry, type EntryBody, laneOf } from '#model';
import type { Store } from '#store';
import { parseCommand, parseConfirm, parseHubState, refusals } from '../../src/uplink/wire/index.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import {
  commandText,
  type Observer,
  openObserver,
  openSite,
  openStoreBench,
  type Seen,
  type Site,
  type StoreBench,
  until,
} from './site.ts';

const folder = new URL('../../docs/contract/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');

/** A schema with its references to other files put in their place. */
function resolved(path: string): z.core.JSONSchema.BaseSchema {
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...rest } = value as Record<string, unknown>;
    if (typeof $ref !== 'string') return Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, inline(member)]));
    const [file, pointer = ''] = $ref.split('#/');
    let target: unknown = JSON.parse(read(`schemas/${file}`));
    for (const step of pointer.split('/')) target = (target as Record<string, unknown>)[step];
    if (target === undefined) throw new Error(`${path}: ${$ref} leads nowhere`);
    return { ...(inline(target) as object), ...rest };
  };
  return inline(JSON.parse(read(path))) as z.core.JSONSchema.BaseSchema;
}

const schemaOf = (name: string) => z.fromJSONSchema(resolved(`schemas/${name}.json`));

const device = {
  id: 'cam-0417',
  type: 'camera',
  name: '소양 삼거리',
  address: '10.0.0.5:80',
  purpose: '범죄예방',
  place: { latitude: 35.9, longitude: 127.1, address: '완주군 소양면' },
  channels: [{ number: 1, name: 'Front' }],
  identity: { maker: 'Hanwha', model: 'X', firmware: '1', serial: 'S' },
} as const;
const knownDevice = {
  ...device,
  channels: [{ number: 1, name: 'Front', codecs: ['H264', 'H265'], ptz: true, streams: { main: 'rtsp://10.0.0.5/secret-path' } }],
  identity: { ...device.identity, mac: '00:09:18:a1:b2:c3', hardware: '1.0' },
  features: { relays: 1, inputs: 2, microphone: true, soundDetection: false, https: true, rtsps: false },
  ptz: 'idle-only',
  ptzReturn: 'home',
} as const;
const time = Date.UTC(2026, 10, 20, 4);
const alarm = {
  alarmId: '0192f0c1-1111-7000-8000-000000000001',
  device: 'smoke-1',
  channel: 'zone-1',
  kind: 'smoke',
  severity: 'critical',
  time,
  clockQuality: 'receipt',
  detail: { zone: 1, text: '연기', hot: true },
} as const;
const condition = {
  device: 'cam-0417',
  channel: '1',
  kind: 'camera-lost',
  severity: 'major',
  time,
  message: { ko: '응답 없음', en: 'no answer' },
  detail: '10.0.0.5:80 EHOSTUNREACH, /dev/ttyUSB0',
} as const;
const grant = { grant: '0192f0c1-2222-7000-8000-000000000001', device: 'cam-0417', channel: 1, service: '119-dispatch', incident: 'i-1' };

const reading = { device: 'hydrant-1', channel: 'main', kind: 'pressure', value: 412.5, unit: 'kPa', quality: 'good', time } as const;
const bodies: readonly EntryBody[] = [
  { class: 'alarm', value: { ...alarm, step: 'raised', test: false } },
  { class: 'alarm', value: { ...alarm, step: 'updated', test: true } },
  { class: 'alarm', value: { ...alarm, step: 'cleared', test: false, reason: 'timeout' } },
  {
    class: 'alarm',
    value: {
      ...alarm,
      step: 'updated',
      test: false,
      reason: 'shelved',
      act: { act: 'shelved', by: 'cli:kim (claimed)', note: '먼지', until: time + 3_600_000 },
      shelved: true,
    },
  },
  { class: 'condition', value: { ...condition, state: 'raised' } },
  { class: 'condition', value: { ...condition, device: 'gateway', kind: 'disk-low', state: 'cleared' } },
  { class: 'inventory', value: { change: 'added', device, time } },
  { class: 'inventory', value: { change: 'changed', device: knownDevice, time } },
  {
    class: 'inventory',
    value: {
      change: 'added',
      device: {
        ...device,
        type: 'sensor',
        record: {
          zone: '지하 1층',
          zones: { 'zone-1': '주차장' },
          premises: '완주군청',
          cameras: [{ camera: 'cam-1', channel: 1 }],
          facts: { 시설번호: '완산-1' },
        },
      },
      time,
    },
  },
  { class: 'inventory', value: { change: 'removed', device: { ...device, type: 'sensor', place: {} }, time } },
  ...(['opened', 'extended', 'ended', 'revoked', 'failed', 'preempted'] as const).map(
    (step): EntryBody => ({ class: 'grant', value: { ...grant, step, time, until: time + 3_600_000, reason: '' } }),
  ),
  { class: 'grant', value: { ...grant, step: 'preempted', time, until: time, reason: 'preempted', offer: { quality: 'sub' } } },
  { class: 'reading', value: [reading, { ...reading, quality: 'bad', time: time + 1000 }] },
  {
    class: 'gap',
    value: {
      gapId: '0192f0c1-4444-7000-8000-000000000001',
      class: 'reading',
      firstSequence: 7,
      lastSequence: 900,
      count: 12,
      kinds: { temperature: 12 },
      from: time,
      to: time + 5,
    },
  },
  {
    class: 'gap',
    value: {
      gapId: '0192f0c1-4444-7000-8000-000000000002',
      class: 'alarm',
      firstSequence: 901,
      lastSequence: 100_000_901,
      count: 0,
      kinds: {},
      from: time,
      to: time + 5,
      lapse: 'log',
    },
  },
  { class: 'audit', value: { row: 7, hash: 'ab'.repeat(32), time } },
];
const entries = bodies.map((body, index): Entry => {
  const id = `0192f0c1-3333-7000-8000-${String(index).padStart(12, '0')}`;
  return { seq: index + 1, id, sequence: index + 1, bootId: 'boot-1', recordedTime: time + 5, lane: laneOf(body), body };
});

describe('the contract', () => {
  let bench: StoreBench;
  let store: Store;
  let broker: Mosquitto;
  let hub: Observer;
  let site: Site;
  beforeAll(async () => {
    bench = await openStoreBench();
    store = await bench.open('boot-1');
    broker = await openMosquitto();
    hub = await openObserver(broker.url);
    site = openSite(store, { url: broker.url, willDelay: '0s' });
    const session = await until(() => site.session(), 'a session');
    await until(() => broker.log().includes('gw-1/command/# (QoS 1)'), 'the subscription');
    for (const entry of entries) expect(await session.send(entry, { replay: false })).toEqual({ result: 'confirmed' });
    await hub.publish('bongsu/v1/52710/gw-1/command/gateway.status', commandText('good-1'));
    await hub.publish('bongsu/v1/52710/gw-1/command/gateway.status', commandText('bad-1', {}, 9_000_000));
    await hub.wait('bongsu/v1/52710/gw-1/outcome/', (seen) => seen.payload.includes('bad-1'));
    await using _thief = await openObserver(broker.url, { clientId: 'bongsu-52710-gw-1', reconnectPeriod: 0 });
    await hub.wait('bongsu/v1/52710/gw-1/state', (seen) => seen.payload.includes('offline'));
    await until(() => site.session() !== session && site.session(), 'the session again');
    await site.stop();
    await hub.wait('bongsu/v1/52710/gw-1/state', (seen) => seen.payload.includes('stopped'));
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  const nameOf = (seen: Seen): string => seen.topic.split('/')[4] ?? '';

  it('describes every message that the hub gets', () => {
    const names = new Set<string>();
    for (const seen of hub.seen.filter((item) => nameOf(item) !== 'command')) {
      const name = nameOf(seen);
      names.add(name);
      const result = schemaOf(name).safeParse(JSON.parse(seen.payload));
      expect(result.error?.message, `${seen.topic} ${seen.payload}`).toBeUndefined();
    }
    expect([...names].toSorted()).toEqual(['alarm', 'audit', 'condition', 'gap', 'grant', 'inventory', 'outcome', 'reading', 'state']);
    const types = new Set(hub.seen.map((seen) => (JSON.parse(seen.payload) as { type?: string }).type));
    const announced = ['alarm', 'audit', 'condition', 'gap', 'grant', 'inventory', 'reading', 'state'].flatMap((name) => {
      const type = (resolved(`schemas/${name}.json`).properties as Record<string, { enum?: string[]; const?: string }>)['type'];
      return type?.enum ?? [type?.const];
    });
    expect(announced.filter((type) => !types.has(type))).toEqual([]);
  });

  it('names no address, port or path of the site', () => {
    expect(hub.seen.filter((item) => ['condition', 'inventory'].includes(nameOf(item))).length).toBeGreaterThanOrEqual(5);
    for (const { topic, payload } of hub.seen) expect(`${topic} ${payload}`).not.toMatch(/10\.0\.0\.5|:80\b|EHOSTUNREACH|\/dev\//);
  });

  it('would notice a message that has more or less than it says', () => {
    const seen = hub.seen.find((item) => nameOf(item) === 'alarm');
    const event = JSON.parse(seen?.payload ?? '{}') as Record<string, unknown>;
    const schema = schemaOf('alarm');
    expect(schema.safeParse(event).success).toBe(true);
    expect(schema.safeParse({ ...event, more: 1 }).success).toBe(false);
    expect(schema.safeParse({ ...event, sequence: '7' }).success).toBe(false);
    const spoken = JSON.parse(hub.seen.find((item) => nameOf(item) === 'condition')?.payload ?? '{}') as { data: object };
    const words = (message: unknown) => ({ ...spoken, data: { ...spoken.data, message } });
    expect(schemaOf('condition').safeParse(words({ ko: '응답 없음', en: 'no answer' })).success).toBe(true);
    for (const message of ['no answer', { en: 'no answer' }, { ko: '', en: '', ja: '' }])
      expect(schemaOf('condition').safeParse(words(message)).success, JSON.stringify(message)).toBe(false);
    for (const key of ['id', 'alarmid', 'severity', 'data'])
      expect(schema.safeParse({ ...event, [key]: undefined }).success, key).toBe(false);
  });

  it('names exactly one channel for every topic', () => {
    const { channels } = parse(read('asyncapi.yaml')) as { channels: Record<string, { address: string | null }> };
    const patterns = Object.entries(channels).flatMap(([name, channel]) =>
      channel.address === null ? [] : [{ name, pattern: new RegExp(`^${channel.address.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }],
    );
    for (const seen of hub.seen) {
      expect(patterns.filter(({ pattern }) => pattern.test(seen.topic)).map(({ name }) => name)).toEqual([nameOf(seen)]);
      expect(seen.packet.qos).toBe(1);
    }
  });

  it('has no reference that leads nowhere, and no schema that nobody uses', () => {
    const document = parse(read('asyncapi.yaml')) as object;
    const used = new Set<string>();
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const reference = (value as { $ref?: unknown }).$ref;
      if (typeof reference === 'string') {
        if (reference.startsWith('#/')) expect(reference.slice(2).split('/').reduce<unknown>(into, document), reference).toBeDefined();
        else used.add(reference.replace('schemas/', ''));
      }
      Object.values(value).forEach(visit);
    };
    visit(document);
    const files = readdirSync(new URL('schemas/', folder)).filter((name) => name !== 'attributes.json');
    expect([...used].toSorted()).toEqual(files.toSorted());
    for (const file of files) expect(() => z.fromJSONSchema(resolved(`schemas/${file}`)), file).not.toThrow();
  });

  it('shows a command that the schema and the gateway take', () => {
    const example = /```json\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? '';
    const parsed = parseCommand({ name: 'stream.open', payload: Buffer.from(example), retained: false }, time);
    expect(parsed).toMatchObject({ kind: 'command' });
    expect(schemaOf('command-look').safeParse(JSON.parse(example)).error?.message).toBeUndefined();
  });

  it('shows what a hub says of itself and confirms as the schema and the gateway take it', () => {
    const example = (name: string): string => new RegExp(`\`\`\`json ${name}\\n([\\s\\S]*?)\`\`\``).exec(read('README.md'))?.[1] ?? '';
    expect(parseHubState(Buffer.from(example('hub-state')))).toBe('hub');
    expect(parseConfirm(Buffer.from(example('confirm')))).toHaveLength(2);
    for (const name of ['hub-state', 'confirm'])
      expect(schemaOf(name).safeParse(JSON.parse(example(name))).error?.message, name).toBeUndefined();
    expect(schemaOf('confirm').safeParse({ confirmed: { alarm: [[0, 1]] } }).success).toBe(false);
  });

  it('lists every reason why a command is refused', () => {
    const readme = read('README.md').replaceAll(/ +/g, ' ');
    for (const [reason, message] of Object.entries(refusals)) expect(readme).toContain(`| \`command.${reason}\` | ${message} |`);
  });
});

function into(value: unknown, key: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[key];
}
