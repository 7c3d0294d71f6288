// Bad input and faults: each gets a clear error or a condition, nothing crashes, and alarms go on.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite, type SimulatedSite } from '#simulator';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
const launcher = new URL('../../bin/bongsu', import.meta.url).pathname;
let province: Province;
let gateway: GatewayPeer;
let site: SimulatedSite;
let webhookPort = 0;

const faulty = ['garbage', 'huge', 'silent', 'unauthorised'] as const;

beforeAll(async () => {
  province = stack.use(await openProvince());
  site = stack.use(
    await openSimulatedSite(
      { cameras: [...faulty, 'sound'].map((id) => ({ id: `cam-${id}`, loginBy: 'digest' as const })) },
      systemEnv(openLog('silent')),
    ),
  );
  webhookPort = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      cameras: { requestTimeout: '2s', lostAfter: 2, retryMin: '200ms', retryMax: '1s', loginRetry: '1m' },
      sensors: { webhook: await fallRadar(folder, webhookPort) },
    })),
  );
}, 120_000);
afterAll(() => stack.disposeAsync());

async function push(id: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${webhookPort}/webhook/radar`, {
    method: 'POST',
    body: fallMessage(id, 'fall confirmed'),
    headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
  });
  await response.arrayBuffer();
  return response.status;
}

function raised(kind: string, device: string): Promise<unknown> {
  return province.hub.wait(
    `${kind} of ${device}`,
    ({ topic, body }) => topic.endsWith(`/condition/${kind}/${device}`) && body['type'] === 'kr.bongsu.condition.raised.v1',
    60_000,
  );
}

describe('a camera', () => {
  it('that answers garbage, a megabyte of XML, nothing, or 401 for ever is a condition each, and a sound one beside it is heard', async () => {
    for (const fault of faulty) site.camera(`cam-${fault}`)?.fail(fault);
    for (const { id, address, login } of site.cameras) {
      await gateway.cli(['camera', 'add', id, '--address', address, '--user', login.user, '--password-stdin'], {
        input: `${login.password}\n`,
      });
    }
    await Promise.all([
      raised('camera-fault', 'cam-garbage'),
      raised('camera-fault', 'cam-huge'),
      raised('camera-lost', 'cam-silent'),
      raised('camera-login-refused', 'cam-unauthorised'),
    ]);
    await eventually('the pull point of the sound one', () => (site.camera('cam-sound')?.pullPoints ?? 0) > 0 || undefined);
    site.camera('cam-sound')?.trigger({ topic: 'tamper', active: true });
    await province.hub.wait('its alarm', ({ topic }) => topic.endsWith('/alarm/tamper/cam-sound'));
  });

  it('that comes to its senses is heard again', async () => {
    for (const fault of ['garbage', 'huge', 'silent'] as const) site.camera(`cam-${fault}`)?.fail(undefined);
    for (const fault of ['garbage', 'huge', 'silent'] as const) {
      await eventually(`the pull point of cam-${fault}`, () => (site.camera(`cam-${fault}`)?.pullPoints ?? 0) > 0 || undefined, 60_000);
    }
  });
});

describe('a command', () => {
  const topic = 'bongsu/v1/52710/gw-1/command/stream.open';
  const outcomeOf = (id: string) =>
    province.hub.wait(`the outcome of ${id}`, ({ topic: at, body }) => at.endsWith('/outcome/stream.open') && body['id'] === id);
  const envelope = (change: object = {}) => ({
    id: randomUUID(),
    time: new Date().toISOString(),
    expires: new Date(Date.now() + 30_000).toISOString(),
    camera: 'cam-sound',
    grant: grantRequest(),
    ...change,
  });

  it.each([
    ['no JSON', '{"id":', 'command.malformed'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'command.malformed'],
    ['too deep', `${'['.repeat(8000)}${']'.repeat(8000)}`, 'command.too-large'],
    ['too large', JSON.stringify(envelope({ note: 'x'.repeat(20_000) })), 'command.too-large'],
    ['without an id', JSON.stringify(envelope({ id: undefined })), 'command.id-invalid'],
  ])('that is %s is answered with its reason at the response topic', async (_, payload, reason) => {
    const responseTopic = `bongsu/v1/hub/reply/${randomUUID()}`;
    await province.hub.publish(topic, payload, { responseTopic });
    const { body } = await province.hub.wait('the answer', (message) => message.topic === responseTopic);
    expect(body).toMatchObject({ result: 'refused', reason });
  });

  it('beyond the packet size that was announced reaches nobody and harms nobody', async () => {
    await province.hub.publish(topic, Buffer.alloc(100_000, 0x20));
    expect(await push(`after-${randomUUID()}`)).toBe(200);
    expect(await province.hub.command('gateway.status', {})).toMatchObject({ result: 'done' });
  });

  it('that has expired is refused', async () => {
    const command = envelope({ time: new Date(Date.now() - 120_000).toISOString(), expires: new Date(Date.now() - 60_000).toISOString() });
    await province.hub.publish(topic, JSON.stringify(command));
    expect((await outcomeOf(command.id)).body).toMatchObject({ result: 'refused', reason: 'command.expired' });
  });

  it('that is retained is refused', async () => {
    const command = envelope();
    await province.broker.stop();
    await province.broker.start();
    await province.hub.publish(topic, JSON.stringify(command), { retain: true });
    await gateway.stop();
    await gateway.start();
    expect((await outcomeOf(command.id)).body['result']).toBe('refused');
    await province.hub.publish(topic, '', { retain: true });
  });

  it('of an unknown name is refused', async () => {
    expect(await province.hub.command('coffee.make', {})).toMatchObject({ result: 'refused', reason: 'command.unknown' });
  });
});

describe('a broker that refuses', () => {
  it('is named in the status, and alarms are kept meanwhile', async () => {
    await using broker = await openMosquitto({ users: { 'gw-1': 'right-password' } });
    const port = await freePort();
    await using refused = await openGateway(async (folder) => ({
      uplink: {
        url: broker.url,
        username: 'gw-1',
        password: await secretFile(folder, 'broker.password', 'wrong-password'),
        retryMin: '100ms',
      },
      sensors: { webhook: await fallRadar(folder, port) },
    }));
    const status = await eventually('the refusal in the status', async () => {
      const { uplink } = (await refused.query('status')) as { uplink: { connected: boolean; lastError?: unknown } };
      return uplink.lastError === undefined ? undefined : uplink;
    });
    expect(status.connected).toBe(false);
    expect(JSON.stringify(status.lastError)).toMatch(/refused|not authori[sz]ed|password/i);
    expect(await refused.log()).not.toContain('wrong-password');
    const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
      method: 'POST',
      body: fallMessage('kept', 'fall confirmed'),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    const { destinations } = (await refused.query('outbox', 'status')) as { destinations: { pending: number }[] };
    expect(destinations[0]?.pending).toBeGreaterThan(0);
  });
});

describe('a port that is taken', () => {
  it('is a condition that names it; the rest of the gateway works', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const webhook = await freePort();
    await using squeezed = await openGateway(async (folder) => ({
      uplink: province.uplink,
      gateway: { id: 'gw-2' },
      streams: { rtsp: { host: '127.0.0.1', port } },
      sensors: { webhook: await fallRadar(folder, webhook) },
    }));
    const condition = await eventually('the condition', async () => {
      const { conditions } = (await squeezed.query('status')) as { conditions: { kind: string; detail: string }[] };
      return conditions.find(({ kind }) => kind === 'media-down');
    });
    expect(condition.detail).toContain(String(port));
    taken.close();
    await eventually('its clear', async () => {
      const { conditions } = (await squeezed.query('status')) as { conditions: { kind: string }[] };
      return conditions.some(({ kind }) => kind === 'media-down') ? undefined : true;
    });
  });

  it('of the local socket: a second gateway says so and ends, and has touched neither registry nor hub', async () => {
    const seen = province.hub.messages.length;
    const config = join(gateway.folder, 'second.yaml');
    const first = await readFile(join(gateway.folder, 'config.yaml'), 'utf8');
    await writeFile(config, first.replace(/^sensors:[\s\S]*?(?=^\S)/m, ''));
    const { stdout, stderr, code } = await run(['run', '--config', config]);
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/control\.another-runs|store\.in-use/);
    const { sensors } = (await gateway.query('sensor', 'list')) as { sensors: unknown[] };
    expect(sensors).toHaveLength(1);
    expect(province.hub.messages.slice(seen).map(({ topic: at }) => at)).toEqual([]);
    expect(await push(`still-there-${randomUUID()}`)).toBe(200);
  });
});

describe('a configuration with five mistakes', () => {
  it('is told all five at once, with line and key, in both languages', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bongsu-config-'));
    const file = join(folder, 'config.yaml');
    await writeFile(
      file,
      [
        'site: { code: "5271" }',
        'gateway: { id: "GW 1" }',
        'uplink:',
        '  url: http://hub:1883',
        '  keepalive: soon',
        'streams:',
        '  closeAfterr: 10s',
      ].join('\n'),
    );
    const { stdout, code } = await run(['check', '--config', file, '--json', '--lang', 'ko']);
    expect(code).toBe(1);
    const { problems } = JSON.parse(stdout) as { problems: { line: number; key: string }[] };
    expect(problems.map(({ line, key }) => [line, key])).toEqual([
      [1, 'site.code'],
      [2, 'gateway.id'],
      [4, 'uplink.url'],
      [5, 'uplink.keepalive'],
      [7, 'streams.closeAfterr'],
    ]);
    const told = await run(['check', '--config', file, '--lang', 'ko']);
    expect(told.stdout + told.stderr).toMatch(/[가-힣]/);
    expect(told.stdout + told.stderr).toContain('closeAfter');
    await rm(folder, { recursive: true });
  });
});

async function run(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(launcher, [...args], { timeout: 30_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code?: number; stdout?: string; stderr?: string }) => ({
      code: error.code ?? -1,
      stdout: error.stdout ?? '',
      stderr: error.stderr ?? '',
    }),
  );
}
