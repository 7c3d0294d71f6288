// The story of cameras of ten kinds at one gateway: each is known, each alarm goes up and is cleared, and none sees a failed login or a password in clear.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let site: SimulatedSite;

/** What each reports, and what the gateway must make of it. */
const stories = [
  { id: 'plain', topic: 'tamper', kind: 'tamper' },
  { id: 'hanwha', topic: 'tamper', kind: 'tamper' },
  { id: 'hikvision', topic: 'digital-input', kind: 'digital-input' },
  { id: 'dahua', topic: 'intrusion', kind: 'intrusion' },
  { id: 'axis', topic: 'line-crossing', kind: 'line-crossing' },
  { id: 'bosch', topic: 'intrusion', kind: 'intrusion' },
  { id: 'avigilon', topic: 'digital-input', kind: 'digital-input' },
  { id: 'reolink', topic: 'motion', kind: 'motion' },
  { id: 'tapo', topic: 'line-crossing', kind: 'line-crossing' },
  { id: 'nvr', topic: 'tamper', kind: 'tamper', channel: 17 },
] as const;

beforeAll(async () => {
  province = stack.use(await openProvince());
  const cameras = stories.map(({ id }) => ({ id, personality: id }));
  site = stack.use(await openSimulatedSite({ cameras, ownAddresses: '127.71.0.1' }, systemEnv(openLog('silent'))));
  const hearing = { retryMin: '500ms', retryMax: '2s', events: { handling: [{ kinds: ['motion'], as: 'alarm' }] } };
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, cameras: hearing })));
  for (const { id, address, login } of site.cameras) {
    const input = `${login.password}\n`;
    await gateway.cli(['camera', 'add', id, '--address', address, '--user', login.user, '--password-stdin'], { input });
  }
  for (const { id } of stories) await eventually(`the pull point of ${id}`, () => cameraOf(id).counts.pulls > 0 || undefined);
}, 120_000);
afterAll(() => stack.disposeAsync());

function cameraOf(id: string): SimulatedCamera {
  const camera = site.camera(id);
  if (!camera) throw new Error(`no camera ${id}`);
  return camera;
}

describe.each(stories)('$id', ({ id, topic, kind, ...where }) => {
  it(`tells ${kind} to the hub, and its end`, async () => {
    const camera = cameraOf(id);
    const of = async (count: number): Promise<readonly Readonly<Record<string, unknown>>[]> =>
      eventually(`${count} transitions of ${kind} at ${id}`, () => {
        const alarms = province.hub
          .alarms({ device: id, unique: true })
          .filter((alarm) => (alarm['data'] as { kind: string }).kind === kind);
        return alarms.length >= count ? alarms : undefined;
      });
    camera.trigger({ topic, active: true, ...where });
    await of(1);
    camera.trigger({ topic, active: false, ...where });
    const [raised, cleared] = await of(2);
    expect(raised).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', source: `/bongsu/52710/gw-1/${id}` });
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: raised?.['alarmid'] });
    // Hikvision says no time: the time of receipt holds.
    expect(Math.abs(Date.parse(String(raised?.['time'])) - Date.now())).toBeLessThan(30_000);
    expect(camera.counts).toMatchObject({ failedLogins: 0, basicLogins: 0, lockOuts: 0, overflowed: 0 });
  });
});

it('the recorder’s alarm names its channel', () => {
  const [raised] = province.hub.alarms({ device: 'nvr', unique: true });
  expect(raised).toMatchObject({ subject: 'nvr/17' });
});
