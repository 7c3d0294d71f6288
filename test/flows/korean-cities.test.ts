// Stories of Korean cities, from the raw message to the hub's: 전주 소화전 불법주차, 독거노인 무활동, 구로 균열·기울기, and a fire panel's line over a kill and a dead broker.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let lora: Mosquitto;
let webhookPort = 0;
let panelPort = 0;
const token = 'carrier-cloud-token-0123456789';

/** The shipped hydrant with a dwell that a test can wait for; everything else as it is shipped. */
async function writeTemplates(folder: string): Promise<string> {
  const templates = join(folder, 'templates');
  await mkdir(templates, { recursive: true });
  const shipped = new URL('../../src/sensors/templates/shipped/', import.meta.url);
  const hydrant = await readFile(new URL('hydrant.yaml', shipped), 'utf8');
  expect(hydrant).toContain('raiseAfter: { time: 1m }, clearAfter: { time: 30s }');
  const quick = hydrant.replace(
    'raiseAfter: { time: 1m }, clearAfter: { time: 30s }',
    'raiseAfter: { time: 4s }, clearAfter: { time: 1s }',
  );
  await writeFile(join(templates, 'jeonju-hydrant.yaml'), quick);
  const activity = await readFile(new URL('activity.yaml', shipped), 'utf8');
  await writeFile(join(templates, 'quick-activity.yaml'), activity.replace('stuckFor: 1d', 'stuckFor: 3s'));
  return templates;
}

beforeAll(async () => {
  province = stack.use(await openProvince());
  lora = stack.use(await openMosquitto({ persistence: true }));
  webhookPort = await freePort();
  panelPort = await freePort();
  const place = { latitude: 35.80710823, longitude: 127.151787, address: '전주시 완산구 서학3길 34' };
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      sensors: {
        templateFolder: await writeTemplates(folder),
        webhook: {
          listen: { host: '127.0.0.1', port: webhookPort },
          sources: [
            {
              id: 'hydrants',
              device: 'hydrant-cloud',
              token: await secretFile(folder, 'hydrants.token', token),
              map: { device: 'facility', id: 'msgId', detail: { distance: 'distance' } },
              devices: [
                {
                  device: 'hydrant-0417',
                  key: '완산-417',
                  template: 'jeonju-hydrant',
                  name: '서학동 소화전',
                  purpose: '소방용수시설',
                  place,
                  premises: '서학3길 34 앞',
                  zone: '황색 연석 5 m',
                  cameras: ['cam-0417'],
                  facts: { 시설번호: '완산-417', 시설유형코드: '1', 출수압력: '5', 배관지름: '100', 보호틀유무: 'N' },
                },
              ],
            },
            {
              id: 'care',
              device: 'care-gateway',
              token: await secretFile(folder, 'care.token', token),
              map: { device: 'client', id: 'seq', detail: { room: 'room' } },
              devices: [
                { device: 'client-0042', key: 'C-0042', template: 'activity' },
                { device: 'client-0043', key: 'C-0043', template: 'quick-activity' },
              ],
            },
          ],
        },
        mqtt: {
          connections: [
            {
              id: 'chirpstack',
              url: lora.url,
              clientId: 'bongsu-guro',
              sources: [
                {
                  id: 'structures',
                  device: 'lora-server',
                  topics: ['application/+/device/+/event/up'],
                  map: 'chirpstack-v4',
                  devices: [{ device: 'guro-wall-7', key: '24e124126c070007', template: 'structure', premises: '구로구 고척동 옹벽' }],
                },
              ],
            },
          ],
        },
        lines: [
          {
            id: 'panel',
            via: 'tcp-listen',
            listen: { port: panelPort },
            from: ['127.0.0.1'],
            device: 'panel-main',
            grammar: 'korean-r-type',
          },
        ],
      },
    })),
  );
  await province.hub.wait('the first session', ({ topic }) => topic.endsWith('/state'), 20_000);
}, 60_000);
afterAll(() => stack.disposeAsync());

/** Sends as a carrier's cloud would. */
async function post(source: string, body: object): Promise<void> {
  const headers = ['content-type: application/json', `authorization: Bearer ${token}`].flatMap((header) => ['-H', header]);
  const address = `http://127.0.0.1:${webhookPort}/webhook/${source}`;
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-w', '\n%{http_code}', ...headers, '-d', JSON.stringify(body), address]);
  expect(stdout.split('\n').at(-1), stdout).toBe('200');
}

const stepsOf = (device: string) => province.hub.alarms({ device, unique: true });
/** The transitions of one device as words, by the time there are `count`. */
async function steps(device: string, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return await eventually(
    `${count} transitions of ${device}`,
    () => (stepsOf(device).length >= count ? stepsOf(device) : undefined),
    15_000,
  );
}
const dataOf = (step: Readonly<Record<string, unknown>> | undefined) => step?.['data'] as Readonly<Record<string, unknown>>;

describe('전주: a car before a hydrant', () => {
  it('is in the hub’s inventory as the fire service knows it, with the camera that sees it', async () => {
    const added = await province.hub.wait('the inventory', ({ topic }) => topic.endsWith('/inventory/hydrant-0417'));
    expect(added.body['data']).toMatchObject({
      device: {
        name: '서학동 소화전',
        place: { latitude: 35.80710823 },
        record: {
          premises: '서학3길 34 앞',
          cameras: [{ camera: 'cam-0417', channel: 1 }],
          facts: { 시설번호: '완산-417', 출수압력: '5' },
        },
      },
    });
  });

  it('that goes on in time is nothing', async () => {
    await post('hydrants', { msgId: 'h1', facility: '완산-417', parking: 'occupied', distance: 2.1 });
    await sleep(500);
    await post('hydrants', { msgId: 'h2', facility: '완산-417', parking: 'vacant' });
    await sleep(4500);
    expect(stepsOf('hydrant-0417')).toEqual([]);
  });

  it('that stays is told when its dwell is over, by one message alone and over a kill; and cleared when it has gone', async () => {
    const sentAt = Date.now();
    await post('hydrants', { msgId: 'h3', facility: '완산-417', parking: 'occupied', distance: 2.1, battery: 80, pressure: 320 });
    await gateway.stop('SIGKILL');
    await gateway.start();
    const [raised] = await steps('hydrant-0417', 1);
    expect(raised).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', severity: 'minor' });
    expect(Date.parse(String(raised?.['time'])) - sentAt).toBeGreaterThanOrEqual(4000);
    expect(dataOf(raised)).toMatchObject({
      kind: 'hydrant-parking',
      channel: 'parking',
      detail: { distance: 2.1, premises: '서학3길 34 앞', zone: '황색 연석 5 m' },
    });
    await post('hydrants', { msgId: 'h4', facility: '완산-417', parking: 'vacant' });
    const [, cleared, ...more] = await steps('hydrant-0417', 2);
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: raised?.['alarmid'] });
    expect(more).toEqual([]);
  }, 40_000);
});

describe('독거노인: nobody moves', () => {
  const person = { name: '홍길동', phone: '010-1234-5678' };

  it('is told by the sensor’s own count of hours, and ends with a movement; no name and no number leaves', async () => {
    await post('care', { seq: 's1', client: 'C-0042', idleHours: 23, room: '거실', ...person });
    await post('care', { seq: 's2', client: 'C-0042', idleHours: 25, room: '거실', ...person });
    await post('care', { seq: 's2', client: 'C-0042', idleHours: 25, room: '거실', ...person });
    await post('care', { seq: 's3', client: 'C-0042', idleHours: 0, room: '주방', ...person });
    const told = await steps('client-0042', 2);
    expect(told.map((each) => [each['type'], dataOf(each)['kind'], dataOf(each)['detail']])).toEqual([
      ['kr.bongsu.alarm.raised.v1', 'no-activity', { room: '거실', value: 25, unit: 'h' }],
      ['kr.bongsu.alarm.cleared.v1', 'no-activity', { room: '주방', value: 0, unit: 'h' }],
    ]);
    expect(told[1]?.['alarmid']).toBe(told[0]?.['alarmid']);
  });

  it('is told when a counter stands still, also when nothing more is heard', async () => {
    await post('care', { seq: 't1', client: 'C-0043', movements: 120, ...person });
    const [raised] = await steps('client-0043', 1);
    expect(dataOf(raised)).toMatchObject({ kind: 'no-activity', channel: 'movements' });
    await post('care', { seq: 't2', client: 'C-0043', movements: 121, ...person });
    const [, cleared] = await steps('client-0043', 2);
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: raised?.['alarmid'] });
    const everything = JSON.stringify(province.hub.messages);
    for (const secret of [person.name, person.phone]) expect(everything).not.toContain(secret);
  });
});

describe('구로: a wall cracks and tilts', () => {
  let uplinks = 0;
  /** An uplink as ChirpStack v4 publishes it. */
  async function uplink(object: object): Promise<void> {
    uplinks += 1;
    const deviceInfo = { tenantName: '구로구', deviceName: '옹벽 7', devEui: '24e124126c070007', tags: {} };
    const message = {
      deduplicationId: `dd-${uplinks}`,
      time: new Date().toISOString(),
      deviceInfo,
      fCnt: uplinks,
      fPort: 85,
      data: 'AA==',
      object,
    };
    const topic = 'application/4f2a/device/24e124126c070007/event/up';
    await promisify(execFile)('mosquitto_pub', ['-p', String(lora.port), '-q', '1', '-t', topic, '-m', JSON.stringify(message)]);
  }
  const still = { tilt: { x: 0.1, y: 0 }, crack: 0.5, vibration: 1, battery: 90 };

  it('is told of a crack that two measurements show, not one, until it is well below', async () => {
    await uplink(still);
    await uplink({ ...still, crack: 1.2 });
    await uplink(still);
    expect(stepsOf('guro-wall-7')).toEqual([]);
    await uplink({ ...still, crack: 1.1 });
    await uplink({ ...still, crack: 1.3 });
    await uplink({ ...still, crack: 0.9 });
    const early = await steps('guro-wall-7', 1);
    expect(dataOf(early[0])).toMatchObject({
      kind: 'structure-crack',
      detail: { value: expect.any(Number), unit: 'mm', premises: '구로구 고척동 옹벽' },
    });
    await uplink({ ...still, crack: 0.8 });
    const told = await eventually('the clear of the crack', () => {
      const found = stepsOf('guro-wall-7').filter((each) => dataOf(each)['channel'] === 'crack');
      return found.length >= 2 ? found : undefined;
    });
    expect(told.map((each) => each['type'])).toEqual(['kr.bongsu.alarm.raised.v1', 'kr.bongsu.alarm.cleared.v1']);
    expect(told[1]?.['alarmid']).toBe(told[0]?.['alarmid']);
  });

  it('is told of its tilt, whichever way, and its measurements go to the hub', async () => {
    await uplink({ ...still, tilt: { x: 0.1, y: -1.5 } });
    await uplink({ ...still, tilt: { x: 0.2, y: -1.6 } });
    const tilted = await eventually('the tilt', () => stepsOf('guro-wall-7').find((each) => dataOf(each)['kind'] === 'structure-tilt'));
    expect(tilted).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', severity: 'major' });
    const reading = await province.hub.wait('a reading of the crack', ({ topic }) => topic.includes('/reading/crack-width'));
    expect(JSON.stringify(reading.body)).toContain('guro-wall-7');
  });
});

describe('a fire panel', () => {
  let socket: Socket;
  const say = async (...lines: string[]): Promise<void> => {
    socket.write(cp949(lines.map((line) => `${line}\r\n`).join('')));
    await sleep(0);
  };
  const dial = async (): Promise<void> => {
    socket = connect(panelPort, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
  };
  const channels = (type: string): unknown[] =>
    stepsOf('panel-main')
      .filter((each) => each['type'] === `kr.bongsu.alarm.${type}.v1`)
      .map((each) => dataOf(each)['channel']);

  it('has its fire at the hub within a second of its line, with zone and premises', async () => {
    await dial();
    const tookMs: number[] = [];
    for (const zone of [1, 2, 3]) {
      const before = performance.now();
      await say(`[화재] 2026-11-20 14:00:0${zone} 01-02-00${zone} 완주군청 본관 ${zone}층 복도`);
      await eventually(`zone ${zone}`, () => (channels('raised').includes(`zone-01-02-00${zone}`) ? true : undefined));
      tookMs.push(performance.now() - before);
    }
    expect(tookMs.toSorted((a, b) => a - b)[1], `${tookMs.map(Math.round).join(', ')} ms`).toBeLessThanOrEqual(1000);
    expect(stepsOf('panel-main')[0]).toMatchObject({ severity: 'critical', clockquality: 'receipt', replay: false });
    expect(dataOf(stepsOf('panel-main')[0])).toMatchObject({
      kind: 'fire-panel',
      detail: { event: '화재', zone: '01-02-001', premises: '완주군청 본관 1층 복도' },
    });
  });

  it('has one that comes while the broker is dead tried until the hub has it, over a kill; all stand until the panel is reset', async () => {
    await province.broker.stop();
    await say('[발신기] 2026-11-20 오후 2:01:00 01-02-004 완주군청 본관 4층 계단', '[정전] 2026-11-20 14:01:05 상용전원 차단');
    await eventually('the open alarm', async () => {
      const { alarms } = (await gateway.query('alarm', 'list', '--open')) as { alarms: { device: string }[] };
      return alarms.filter(({ device }) => device === 'panel-main').length === 4 ? true : undefined;
    });
    await eventually('the power fault', async () => {
      const { conditions } = (await gateway.query('status')) as { conditions: { kind: string }[] };
      return conditions.some(({ kind }) => kind === 'power-fault') ? true : undefined;
    });
    socket.destroy();
    await gateway.stop('SIGKILL');
    await gateway.start();
    await province.broker.start();
    await eventually('the fourth fire', () => (channels('raised').includes('zone-01-02-004') ? true : undefined), 20_000);
    expect(channels('cleared')).toEqual([]);
    await dial();
    await say('[복전] 2026-11-20 14:10:00 상용전원 복구', '[복구] 2026-11-20 14:10:30 수신기 복구');
    await eventually('the reset', () => (channels('cleared').length === 4 ? true : undefined), 15_000);
    expect(new Set(channels('raised'))).toEqual(new Set(channels('cleared')));
    const power = await eventually('the power', () => {
      const said = province.hub.messages.filter(({ topic }) => topic.endsWith('/condition/power-fault/panel-main'));
      return said.length === 2 ? said : undefined;
    });
    expect(power.map(({ body }) => String(body['type']).split('.')[3])).toEqual(['raised', 'cleared']);
    socket.destroy();
  }, 60_000);
});

/** Korean text as a panel sends it: what `euc-kr` (with the extensions of CP949) reads back. */
function cp949(text: string): Buffer {
  const decoder = new TextDecoder('euc-kr');
  const codes = new Map<string, Buffer>();
  for (let high = 0x81; high <= 0xfe; high += 1) {
    for (let low = 0x41; low <= 0xfe; low += 1) codes.set(decoder.decode(Uint8Array.of(high, low)), Buffer.of(high, low));
  }
  return Buffer.concat(Array.from(text, (char) => codes.get(char) ?? Buffer.from(char, 'latin1')));
}
