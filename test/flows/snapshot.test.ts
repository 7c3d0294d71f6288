// The story of a still: a technician takes one in his own name, the hub takes one for an incident; each decodes, is used once and is in the ledger.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite } from '#simulator';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;

beforeAll(async () => {
  province = stack.use(await openProvince());
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink })));
  const site = stack.use(await openSimulatedSite({ cameras: 1 }, systemEnv(openLog('silent'))));
  for (const { id, address, login } of site.cameras) {
    await gateway.cli(['camera', 'add', id, '--address', address, '--user', login.user, '--password-stdin'], {
      input: `${login.password}\n`,
    });
  }
  await eventually(
    'the camera',
    async () => ((await gateway.query('status')) as { cameras: { online: number } }).cameras.online === 1 || undefined,
  );
}, 120_000);
afterAll(() => stack.disposeAsync());

/** What ffprobe makes of a picture. */
async function decode(file: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name,width',
    '-of',
    'csv=p=0',
    file,
  ]);
  return stdout.trim();
}

interface Listed {
  readonly id: string;
  readonly form: string;
  readonly origin: string;
  readonly request: { readonly service: string; readonly incident: string };
  readonly end?: { readonly reason: string };
}

async function grants(): Promise<readonly Listed[]> {
  return ((await gateway.query('grant', 'list', '--all')) as { grants: Listed[] }).grants;
}

it('a technician takes a picture in his own name', async () => {
  const before = (await gateway.query('audit', 'verify')) as { rows: number };
  const file = join(gateway.folder, 'look.jpg');
  await gateway.cli(['camera', 'snapshot', 'cam-1', '--reason', 'lens cleaned', '--out', file]);
  expect(await decode(file)).toMatch(/^mjpeg,\d+$/);
  const [grant] = await grants();
  expect(grant).toMatchObject({
    form: 'still',
    request: { service: 'maintenance', incident: 'lens cleaned' },
    origin: expect.stringMatching(/^cli:.+ \(claimed\)$/),
  });
  await eventually('its end', async () => (await grants())[0]?.end?.reason === 'used' || undefined);
  const after = (await gateway.query('audit', 'verify')) as { rows: number; valid: boolean };
  expect(after.valid).toBe(true);
  expect(after.rows).toBeGreaterThan(before.rows);
});

it('the hub takes one for an incident, at an address that works once', async () => {
  const outcome = await province.hub.command('snapshot.take', { camera: 'cam-1', grant: grantRequest() });
  expect(outcome['result']).toBe('done');
  const { url } = outcome['still'] as { url: string };
  const first = await fetch(url);
  const file = join(gateway.folder, 'hub.jpg');
  await writeFile(file, Buffer.from(await first.arrayBuffer()));
  expect(first.status).toBe(200);
  expect(await decode(file)).toMatch(/^mjpeg,\d+$/);
  const second = await fetch(url);
  await second.arrayBuffer();
  expect(second.status).toBe(404);
});

it('a channel that is not there is refused, in the ledger too', async () => {
  const file = join(gateway.folder, 'none.jpg');
  const said = await gateway.cli(['camera', 'snapshot', 'cam-1', '--channel', '7', '--reason', 'looking', '--out', file], { status: 1 });
  expect(said).toContain('cam-1/7');
  expect(said).toContain('bongsu camera show');
  await expect(readFile(file)).rejects.toThrow();
});
