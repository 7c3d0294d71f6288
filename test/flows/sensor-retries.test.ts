// The story of a message whose answer never came: each driver's sensor tells something, kill -9 falls between its commit and our answer, the sensor tells it again, and the hub has one alarm.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../peers/cloud.ts';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { openPtyPair, type PtyPair } from '../peers/pty.ts';
import { openRelay, type Relay } from '../peers/relay.ts';
import { openProvince, type Province } from './site.ts';

const run = promisify(execFile);
const token = 'a-token-0123456789';
const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let siteBroker: Mosquitto;
let cloud: Cloud;
let pty: PtyPair;
let bell: MqttClient;
const relays = {} as Record<'webhook' | 'onem2m' | 'broker' | 'client', Relay>;
const ports = { webhook: 0, onem2m: 0, broker: 0, tcp: 0, udp: 0 };

/** Messages like `{ "no": 7, "is": "pulse" | "on" | "off" }`; a pulse is no state that could hide a repeat. */
const map = {
  id: 'no',
  rules: [
    { kind: 'emergency-call', state: 'pulse', when: { path: 'is', equals: ['pulse'] } },
    { kind: 'gas', state: 'active', when: { path: 'is', equals: ['on'] } },
    { kind: 'gas', state: 'inactive', when: { path: 'is', equals: ['off'] } },
  ],
};
/** Lines like `10:00:07 pulse`, as a panel with a clock says them. */
const clock = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const grammar = {
  patterns: [
    { says: 'alarm', kind: 'emergency-call', state: 'pulse', match: `${clock} pulse` },
    { says: 'alarm', kind: 'gas', match: `${clock} on` },
    { says: 'reset', match: `${clock} off` },
  ],
};
const line = { grammar: 'own', from: ['127.0.0.1'] };

beforeAll(async () => {
  province = stack.use(await openProvince());
  siteBroker = stack.use(await openMosquitto({ persistence: true }));
  cloud = stack.use(await openCloud());
  pty = stack.use(await openPtyPair());
  for (const name of ['webhook', 'onem2m', 'broker', 'tcp', 'udp'] as const) ports[name] = await freePort();
  for (const name of ['webhook', 'onem2m', 'broker'] as const) relays[name] = stack.use(await openRelay(() => ports[name]));
  relays.client = stack.use(await openRelay(() => siteBroker.port));
  gateway = stack.use(
    await openGateway(async (folder) => {
      const secret = await secretFile(folder, 'token', token);
      const sections = {
        uplink: province.uplink,
        sensors: {
          webhook: { listen: { port: ports.webhook }, sources: [{ id: 'hook', device: 'webhook', token: secret, map }] },
          onem2m: { listen: { port: ports.onem2m }, sources: [{ id: 'cse', device: 'onem2m', token: secret, map: { rules: map.rules } }] },
          polls: [
            {
              id: 'cloud',
              device: 'poll',
              url: `http://127.0.0.1:${cloud.port}/events`,
              interval: '1s',
              list: 'data.list',
              cursor: { by: 'number', path: 'seq', parameter: 'since' },
              map: { rules: map.rules },
            },
          ],
          mqtt: {
            connections: [
              {
                id: 'site',
                url: `mqtt://127.0.0.1:${relays.client.port}`,
                clientId: 'bongsu-gw-1',
                sources: [{ id: 'client', device: 'mqtt-client', topics: ['bell/client'], map }],
              },
            ],
            broker: {
              listen: { port: ports.broker },
              users: [{ name: 'bell', password: secret, sources: [{ id: 'broker', device: 'mqtt-broker', topics: ['bell/broker'], map }] }],
            },
          },
          lines: [
            { ...line, id: 'tcp', device: 'line-tcp', via: 'tcp-listen', listen: { port: ports.tcp } },
            { ...line, id: 'udp', device: 'line-udp', via: 'udp', listen: { port: ports.udp } },
            { id: 'serial', device: 'line-serial', via: 'serial', port: pty.a, grammar: 'own' },
          ],
          grammars: { own: grammar },
        },
      };
      // What is used several times is written out each time: a configuration takes no aliases.
      return JSON.parse(JSON.stringify(sections)) as typeof sections;
    }),
  );
  bell = await connectAsync(`mqtt://127.0.0.1:${relays.broker.port}`, {
    username: 'bell',
    password: token,
    clientId: 'bell',
    clean: false,
    reconnectPeriod: 200,
  });
  bell.on('error', () => {});
  stack.defer(() => bell.endAsync(true));
  await province.hub.wait('the first session', ({ topic }) => topic.endsWith('/state'), 20_000);
}, 120_000);
afterAll(() => stack.disposeAsync());

/** curl; what came of it, '' for no answer within 3 s. */
async function curl(port: number, path: string, body: object): Promise<string> {
  const headers = [`Authorization: Bearer ${token}`, 'X-M2M-RI: r1', 'Content-Type: application/json'].flatMap((header) => ['-H', header]);
  const flags = ['-sS', '--max-time', '3', '-o', '/dev/null', '-w', '%{http_code}', ...headers, '-d', JSON.stringify(body)];
  const { stdout } = await run('curl', [...flags, `http://127.0.0.1:${port}${path}`]).catch(() => ({ stdout: '' }));
  return stdout === '000' ? '' : stdout;
}

async function socat(text: string, to: string): Promise<void> {
  const running = run('socat', ['-u', 'STDIN', to]);
  running.child.stdin?.end(text);
  await running;
}

const events: { seq: number; is: string }[] = [];
const said = (no: number, is: string): string => `10:00:0${no} ${is}\r\n`;
const instance = (no: number, is: string) => ({
  'm2m:sgn': { sur: 'Mobius/ae/bell/sub', nev: { rep: { 'm2m:cin': { ri: `4-${no}`, ty: 4, con: JSON.stringify({ is }) } }, net: 3 } },
});

/** How each sensor tells; what it does by itself when it has no answer is not told again here. */
const tell: Readonly<Record<string, (no: number, is: string) => Promise<unknown>>> = {
  webhook: (no, is) => curl(relays.webhook.port, '/webhook/hook', { no, is }),
  onem2m: (no, is) => curl(relays.onem2m.port, `/onem2m/cse/${token}`, instance(no, is)),
  async poll(seq, is) {
    if (events.every((event) => event.seq !== seq)) events.push({ seq, is });
    await cloud.tell({ events });
  },
  'mqtt-client': (no, is) =>
    run('mosquitto_pub', ['-p', String(siteBroker.port), '-q', '1', '-t', 'bell/client', '-m', JSON.stringify({ no, is })]),
  // Not waited for: the client sends it again by itself, marked as a repeat, when it is connected anew.
  'mqtt-broker': async (no, is) => void bell.publishAsync('bell/broker', JSON.stringify({ no, is }), { qos: 1 }).catch(() => {}),
  'line-tcp': (no, is) => socat(said(no, is), `TCP:127.0.0.1:${ports.tcp}`),
  'line-udp': (no, is) => socat(said(no, is), `UDP:127.0.0.1:${ports.udp}`),
  'line-serial': (no, is) => pty.say(said(no, is)),
};
const devices = Object.keys(tell);
const tellBy = async (device: string, no: number, is: string): Promise<unknown> => await tell[device]?.(no, is);
/** The hub's steps of one pulse. */
const once = ['raised', 'cleared'];
/** Whose message comes again without anybody's doing: by MQTT's own redelivery, and by our own question. */
const byItself = ['mqtt-broker', 'mqtt-client', 'poll'];

function stepsOf(device: string, kind: string): string[] {
  return province.hub.alarms({ device, unique: true }).flatMap(({ data }) => {
    const told = data as { step: string; kind: string };
    return told.kind === kind ? [told.step] : [];
  });
}

async function untilAll(kind: string, steps: readonly string[]): Promise<void> {
  const expected = Object.fromEntries(devices.map((device) => [device, steps]));
  let seen: Record<string, string[]> = {};
  await eventually(`${steps.join(', ')} of every sensor`, () => {
    seen = Object.fromEntries(devices.map((device) => [device, stepsOf(device, kind)]));
    return JSON.stringify(seen) === JSON.stringify(expected) ? true : undefined;
  }).catch((cause: unknown) => {
    throw new Error(JSON.stringify(seen), { cause });
  });
}

describe('kill -9 between a message and its answer', () => {
  it('makes one alarm of what is told twice, for each driver', { timeout: 120_000 }, async () => {
    for (const name of ['webhook', 'onem2m', 'broker'] as const) relays[name].lose('far');
    relays.client.lose('near');
    const answers = await Promise.all(devices.map((device) => tellBy(device, 1, 'pulse')));
    expect(answers.slice(0, 2)).toEqual(['', '']);
    await untilAll('emergency-call', once);
    await gateway.stop('SIGKILL');
    // Between the commit of an alarm and that of the place in the platform's list: as if it had never been kept.
    const db = new Database(join(gateway.folder, 'bongsu.db'));
    expect(db.prepare(`UPDATE sensor_mark SET mark = json_set(mark, '$.at', '0', '$.seen', json('[]'))`).run().changes).toBe(1);
    db.close();
    for (const relay of Object.values(relays)) relay.mend();
    const asked = cloud.asked.length;
    await gateway.start();
    const again = await Promise.all(devices.filter((device) => !byItself.includes(device)).map((device) => tellBy(device, 1, 'pulse')));
    expect(again.slice(0, 2)).toEqual(['200', '200']);
    // What is told after the retries is at the hub: so are they.
    await Promise.all(devices.map((device) => tellBy(device, 2, 'on')));
    await untilAll('gas', ['raised']);
    expect(cloud.asked[asked]?.path).toBe('/events?since=0');
    expect(Object.fromEntries(devices.map((device) => [device, stepsOf(device, 'emergency-call')]))).toEqual(
      Object.fromEntries(devices.map((device) => [device, once])),
    );
  });

  it('and each of them clears what it raised', { timeout: 60_000 }, async () => {
    await Promise.all(devices.map((device) => tellBy(device, 3, 'off')));
    await untilAll('gas', ['raised', 'cleared']);
  });
});
