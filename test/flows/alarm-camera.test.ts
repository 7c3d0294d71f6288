// The story of cameras: digital input, tamper and motion over ONVIF, up to the hub and cleared, with both ways to log in; also with the broker away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let site: SimulatedSite;

const natures = [
  { id: 'cam-digest', loginBy: 'digest' },
  { id: 'cam-sha256', loginBy: 'digest-sha256' },
  { id: 'cam-token', loginBy: 'username-token', clockOffsetMs: -3_600_000 },
] as const;

beforeAll(async () => {
  province = stack.use(await openProvince());
  site = stack.use(await openSimulatedSite({ cameras: natures }, systemEnv(openLog('silent'))));
  // The third failed attempt tells that a camera is lost: these waits bring it within 5 s, well before the camera is back.
  const cameras = { retryMin: '500ms', retryMax: '2s', events: { handling: [{ kinds: ['motion'], as: 'alarm' }] } };
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, cameras })));
  for (const { id, address, login } of site.cameras) {
    await gateway.cli(['camera', 'add', id, '--address', address, '--user', login.user, '--password-stdin'], {
      input: `${login.password}\n`,
    });
  }
  for (const { id } of natures) {
    await eventually(`the pull point of ${id}`, () => cameraOf(id).pullPoints > 0 || undefined);
  }
}, 120_000);
afterAll(() => stack.disposeAsync());

function cameraOf(id: string): SimulatedCamera {
  const camera = site.camera(id);
  if (!camera) throw new Error(`no camera ${id}`);
  return camera;
}

async function steps(device: string, kind: string, count: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return eventually(`${count} transitions of ${kind} at ${device}`, () => {
    const alarms = province.hub.alarms({ device, unique: true }).filter((alarm) => (alarm['data'] as { kind: string }).kind === kind);
    return alarms.length >= count ? alarms : undefined;
  });
}

describe.each(natures)('an alarm of $id goes up', ({ id }) => {
  it.each(['digital-input', 'tamper', 'motion'] as const)(
    'when it reports %s, and its clear follows with the same alarmid',
    async (topic) => {
      const camera = cameraOf(id);
      camera.trigger({ topic, active: true });
      await steps(id, topic, 1);
      camera.trigger({ topic, active: false });
      const [raised, cleared] = await steps(id, topic, 2);
      expect(raised).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', source: `/bongsu/52710/gw-1/${id}`, replay: false });
      expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: raised?.['alarmid'] });
      expect(Math.abs(Date.parse(String(raised?.['time'])) - Date.now())).toBeLessThan(30_000);
    },
  );

  it('is raised anew by the next word when a person has ended it', async () => {
    const before = await steps(id, 'tamper', 2);
    cameraOf(id).trigger({ topic: 'tamper', active: true });
    const first = (await steps(id, 'tamper', before.length + 1)).at(-1);
    await gateway.query('alarm', 'clear', String(first?.['alarmid']), '--reason', 'a spider');
    await steps(id, 'tamper', before.length + 2);
    cameraOf(id).trigger({ topic: 'tamper', active: true });
    cameraOf(id).trigger({ topic: 'tamper', active: false });
    const [ended, second, over] = (await steps(id, 'tamper', before.length + 4)).slice(-3);
    expect(ended).toMatchObject({ alarmid: first?.['alarmid'], data: { reason: 'person' } });
    expect(second).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1' });
    expect(second?.['alarmid']).not.toBe(first?.['alarmid']);
    expect(over).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: second?.['alarmid'] });
  });

  it('waits while the broker is away, and goes later, once, with its id and as replay', async () => {
    await province.broker.stop();
    cameraOf(id).trigger({ topic: 'digital-input', active: true });
    const open = await eventually(`the open alarm of ${id}`, async () => {
      const { alarms } = (await gateway.query('alarm', 'list', '--open')) as { alarms: { device: string; alarmId: string }[] };
      return alarms.find((alarm) => alarm.device === id);
    });
    await province.broker.start();
    const [, , raised] = await steps(id, 'digital-input', 3);
    expect(raised).toMatchObject({ type: 'kr.bongsu.alarm.raised.v1', alarmid: open.alarmId, replay: true });
    cameraOf(id).trigger({ topic: 'digital-input', active: false });
    const [, , , cleared] = await steps(id, 'digital-input', 4);
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1', alarmid: open.alarmId });
  });
});

describe('a gateway that was killed', () => {
  it('raises nothing twice, and clears what went back to normal meanwhile', async () => {
    const camera = cameraOf('cam-digest');
    camera.trigger({ topic: 'digital-input', active: true });
    const before = (await steps('cam-digest', 'digital-input', 5)).length;
    const tampers = (await steps('cam-digest', 'tamper', 6)).length + 1;
    camera.trigger({ topic: 'tamper', active: true });
    await steps('cam-digest', 'tamper', tampers);
    await gateway.stop('SIGKILL');
    camera.trigger({ topic: 'digital-input', active: false });
    await gateway.start();
    const cleared = (await steps('cam-digest', 'digital-input', before + 1)).at(-1);
    expect(cleared).toMatchObject({ type: 'kr.bongsu.alarm.cleared.v1' });
    expect(await steps('cam-digest', 'tamper', tampers)).toHaveLength(tampers);
    camera.trigger({ topic: 'tamper', active: false });
    await steps('cam-digest', 'tamper', tampers + 1);
  });
});

describe('a camera that goes away', () => {
  it('is a condition, and its return clears it', async () => {
    cameraOf('cam-sha256').reboot(10_000);
    await province.hub.wait(
      'camera-lost',
      ({ topic, body }) => topic.endsWith('/condition/camera-lost/cam-sha256') && String(body['type']).includes('raised'),
      60_000,
    );
    await province.hub.wait(
      'its clear',
      ({ topic, body }) => topic.endsWith('/condition/camera-lost/cam-sha256') && String(body['type']).includes('cleared'),
      60_000,
    );
  });
});
