// The story of finding cameras: found and registered with one command, followed when they move, a question when another stands in their place.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openFleet } from '../../src/simulator/cameras/fleet.ts';
import { natureOf } from '../../src/simulator/cameras/nature.ts';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';

interface Camera {
  readonly id: string;
  readonly address: string;
  readonly state: string;
  readonly identity: { readonly serial: string };
}
interface Proposal {
  readonly id: number;
  readonly kind: string;
  readonly device: string;
  readonly after: { readonly address: string; readonly identity: { readonly serial: string } };
}

const range = '127.78.1.0/28';
const stack = new AsyncDisposableStack();
let gateway: GatewayPeer;
let fleet: Awaited<ReturnType<typeof openFleet>>;

beforeAll(async () => {
  const cameras = [1, 2, 3].map((host, index) => natureOf({ loginBy: 'digest' }, index, { host: `127.78.1.${host}`, port: 0 }));
  fleet = stack.use(await openFleet({ cameras, rtspPort: 0, discoveryPort: 0 }, systemEnv(openLog('silent'))));
  gateway = stack.use(
    await openGateway(() => ({
      uplink: { url: 'mqtt://127.0.0.1:9' },
      cameras: {
        retryMin: '200ms',
        retryMax: '1s',
        requestTimeout: '2s',
        loginRetry: '1s',
        discovery: { listen: false, followAfter: '100ms', ranges: [range], ports: [9], port: fleet.discoveryPort },
      },
    })),
  );
}, 60_000);
afterAll(() => stack.disposeAsync());

async function lines(...args: readonly string[]): Promise<readonly Record<string, Record<string, unknown>>[]> {
  return (await gateway.cli([...args, '--json']))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
}
const cameras = async (): Promise<readonly Camera[]> => ((await gateway.query('camera', 'list')) as { cameras: Camera[] }).cameras;
const proposals = async (): Promise<readonly Proposal[]> =>
  ((await gateway.query('discover', '--proposals')) as { proposals: Proposal[] }).proposals;
const conditions = async (): Promise<readonly string[]> =>
  ((await gateway.query('status')) as { conditions: { device: string; kind: string }[] }).conditions.map(
    ({ device, kind }) => `${device} ${kind}`,
  );
const at =
  (host: string): ((camera: Camera) => boolean) =>
  ({ address }) =>
    address.startsWith(`${host}:`);

it('finds and registers all with one command, and they come online', async () => {
  const login = fleet.cameras[0]?.login;
  const out = await gateway.cli(['discover', '--no-multicast', '--add', '--user', login?.user ?? '', '--password-stdin'], {
    input: `${login?.password}\n`,
  });
  // In the row of each; those that were just registered are not told again to need one.
  expect(out.match(/needs a password/g)).toHaveLength(3);
  expect(out).toContain('3 found (3 usable)');
  expect(out.match(/^Registered cam-/gm)).toHaveLength(3);
  await eventually('all online', async () => ((await cameras()).filter(({ state }) => state === 'online').length === 3 ? true : undefined));
  const kept = await lines('discover', '--list');
  expect(kept).toHaveLength(3);
}, 60_000);

it('knows them at the next look, and registers none twice', async () => {
  const items = await lines('discover', '--no-multicast', range);
  expect(items.flatMap(({ kept }) => (kept ? [[kept['meaning'], kept['problems']]] : []))).toEqual(
    Array.from({ length: 3 }, () => ['known', []]),
  );
});

it('follows a camera that has moved', async () => {
  const before = (await cameras()).find(at('127.78.1.1'));
  await fleet.cameras[0]?.move('127.78.1.9');
  await eventually('it is missed', async () =>
    (await cameras()).find(({ id }) => id === before?.id)?.state !== 'online' ? true : undefined,
  );
  const summary = (await lines('discover', '--no-multicast')).at(-1)?.['summary'];
  expect(summary).toMatchObject({ followed: [before?.id], proposals: 0, complete: true });
  await eventually('it is online again', async () => {
    const camera = (await cameras()).find(({ id }) => id === before?.id);
    return camera && at('127.78.1.9')(camera) && camera.state === 'online' ? true : undefined;
  });
}, 60_000);

it('asks a person about another camera on the same pole, and does as it is told', async () => {
  const before = (await cameras()).find(at('127.78.1.2'));
  fleet.cameras[1]?.replace();
  fleet.cameras[1]?.reboot(100);
  await sleep(300);
  await gateway.cli(['discover', '--no-multicast', '127.78.1.2']);
  const [proposal] = await eventually('the question', async () => ((await proposals()).length === 1 ? proposals() : undefined));
  expect(proposal).toMatchObject({ kind: 'replaced', device: before?.id });
  expect((await cameras()).find(({ id }) => id === before?.id)?.identity.serial).toBe(before?.identity.serial);
  expect(await conditions()).toContain(`${before?.id} camera-replaced`);
  // It comes online as another one: the registry keeps what it knew until a person has decided.
  await eventually('it is online', async () =>
    (await cameras()).find(({ id }) => id === before?.id)?.state === 'online' ? true : undefined,
  );
  expect((await cameras()).find(({ id }) => id === before?.id)?.identity.serial).toBe(before?.identity.serial);
  expect(await proposals()).toHaveLength(1);
  await gateway.cli(['discover', '--accept', String(proposal?.id)]);
  expect(await proposals()).toEqual([]);
  expect(await conditions()).not.toContain(`${before?.id} camera-replaced`);
  await eventually('the new identity', async () => {
    const camera = (await cameras()).find(({ id }) => id === before?.id);
    return camera && camera.identity.serial === fleet.cameras[1]?.identity.serial ? true : undefined;
  });
}, 60_000);
