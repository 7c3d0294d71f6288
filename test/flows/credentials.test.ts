// The story of logins: one set for all cameras, passwords that change, an audit that finds what never should have been; through the command line of a real gateway.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { natureOf, openFleet } from '../../src/simulator/cameras/index.ts';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';

interface Camera {
  readonly id: string;
  readonly state: string;
  readonly identity: { readonly serial: string };
  readonly channels: readonly { readonly number: number }[];
}

const stack = new AsyncDisposableStack();
const secret = 'correct-horse-1';
let gateway: GatewayPeer;
let fleet: Awaited<ReturnType<typeof openFleet>>;
beforeAll(async () => {
  const natures = [
    natureOf({ id: 'sim-1', loginBy: 'digest', login: { user: 'gate', password: secret } }, 0, { host: '127.0.73.1', port: 0 }),
    natureOf({ id: 'sim-2', loginBy: 'digest', login: { user: 'admin', password: 'admin' } }, 1, { host: '127.0.73.2', port: 0 }),
  ];
  fleet = stack.use(await openFleet({ cameras: natures, rtspPort: 0, discoveryPort: undefined }, systemEnv(openLog('silent'))));
  gateway = stack.use(
    await openGateway(() => ({
      uplink: { url: 'mqtt://127.0.0.1:9' },
      cameras: { retryMin: '200ms', retryMax: '1s', requestTimeout: '2s', loginRetry: '1s', factoryLogins: 'withhold' },
    })),
  );
}, 60_000);
afterAll(() => stack.disposeAsync());

const cameras = async (): Promise<readonly Camera[]> => ((await gateway.query('camera', 'list')) as { cameras: Camera[] }).cameras;
const stateOf = async (id: string): Promise<string | undefined> => (await cameras()).find((one) => one.id === id)?.state;
const conditions = async (): Promise<readonly string[]> =>
  ((await gateway.query('status')) as { conditions: { device: string; kind: string }[] }).conditions.map(
    ({ device, kind }) => `${device} ${kind}`,
  );
const online = (id: string) => eventually(`${id} online`, async () => ((await stateOf(id)) === 'online' ? true : undefined));

it('a camera without a login of its own comes online by a set', async () => {
  await gateway.cli(['credential', 'add', 'site', '--user', 'gate', '--password-stdin', '--range', '127.0.73.0/24'], { input: secret });
  const added = await gateway.cli(['camera', 'add', 'cam-1', '--address', fleet.cameras[0]?.address ?? '']);
  expect(added).toContain('Camera cam-1 is registered: Bongsu');
  await online('cam-1');
  expect(fleet.cameras[0]?.counts.failedLogins).toBe(0);
  expect(await gateway.cli(['credential', 'list'])).not.toContain(secret);
}, 60_000);

it('its password is changed, and entered for it anew', async () => {
  fleet.cameras[0]?.setPassword('another-one-2');
  fleet.cameras[0]?.reboot(200);
  await eventually('refused', async () => ((await stateOf('cam-1')) === 'login-refused' ? true : undefined));
  await gateway.cli(['camera', 'login', 'cam-1', '--user', 'gate', '--password-stdin'], { input: 'another-one-2' });
  await online('cam-1');
}, 60_000);

it('a camera with a factory password is found, withheld, and free again when it is clean', async () => {
  const two = fleet.cameras[1];
  await gateway.cli(['camera', 'add', 'cam-2', '--address', two?.address ?? '', '--user', 'admin', '--password-stdin'], { input: 'admin' });
  await online('cam-2');
  await gateway.cli(['credential', 'audit', '--defaults', '--camera', 'cam-2']);
  await eventually('quarantined', async () => ((await conditions()).includes('cam-2 factory-login') ? true : undefined));
  expect(await gateway.cli(['credential', 'audit'])).toContain('TAKES A FACTORY PASSWORD');
  two?.setPassword('no-longer-3');
  await gateway.cli(['camera', 'login', 'cam-2', '--user', 'admin', '--password-stdin'], { input: 'no-longer-3' });
  two?.reboot(200);
  await online('cam-2');
  await gateway.cli(['credential', 'audit', '--defaults', '--camera', 'cam-2']);
  await eventually('clean', async () => ((await conditions()).includes('cam-2 factory-login') ? undefined : true));
}, 90_000);

it('a source without ONVIF has the channels that were entered', async () => {
  const streams = fleet.cameras.map((one) => one.streams.main);
  await gateway.cli(['camera', 'add', 'vms-1', ...streams.flatMap((url) => ['--rtsp', url])]);
  expect((await cameras()).find(({ id }) => id === 'vms-1')?.channels.map(({ number }) => number)).toEqual([1, 2]);
}, 30_000);

it('what a camera is, is asked anew by command', async () => {
  expect(await gateway.cli(['camera', 'refresh', 'cam-1'])).toContain('firmware 1.0.0');
});
