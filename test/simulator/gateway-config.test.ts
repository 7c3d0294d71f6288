// The configuration that a simulated site writes for a gateway: good by the gateway's own check, kept from others, never over what is not ours.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environment, loadConfig } from '#config';
import { openSimulatedSite, runSimulator, type SiteOptions, writeGatewayConfig } from '#simulator';
import { env, run, until } from './world.ts';

let top = '';
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'bongsu-'));
});
afterEach(() => rm(top, { recursive: true }));

const fall = [{ id: 'fall-1', kind: 'webhook' }] as const;

/** What the gateway makes of the file. */
async function config(path: string) {
  const loaded = await loadConfig(path, { environment: environment({}) });
  return 'config' in loaded ? loaded.config : expect.fail(JSON.stringify(loaded.problems));
}

async function write(options: SiteOptions, folder = join(top, 'new')) {
  await using site = await openSimulatedSite(options, env);
  const facts = site.facts();
  return { facts, files: await writeGatewayConfig(facts, { folder, webhookPort: 8480 }) };
}

describe('the configuration for a simulated site', () => {
  it('is a good one, and leads to the hub, the buses and the webhooks of the site', async () => {
    const { facts, files } = await write({ cameras: 2, sensors: 4, hub: { login: { user: 'gw', password: 'hub-password-1' } } });
    const { uplink, sensors, control } = await config(files.config);
    expect(uplink).toMatchObject({ url: facts.hub?.url, username: 'gw', password: 'hub-password-1' });
    expect(sensors.buses).toMatchObject([
      { driver: 'modbus-rtu', port: expect.stringMatching(/serial-1$/), units: [{ device: 'smoke-1' }, { device: 'smoke-3' }] },
      { driver: 'modbus-tcp', host: '127.0.0.1', units: [{ device: 'smoke-2', unit: 1 }] },
    ]);
    expect(sensors.webhook?.sources).toMatchObject([{ id: 'fall-1', device: 'fall-1', token: facts.webhooks[0]?.token }]);
    expect(control.socket).toBe(files.socket);
    expect(files.cameras.map(({ id, address, user }) => ({ id, address, user }))).toEqual(
      facts.cameras.map(({ id, address, user }) => ({ id, address, user })),
    );
    for (const [index, { passwordFile }] of files.cameras.entries())
      expect(await readFile(passwordFile, 'utf8')).toBe(facts.cameras[index]?.password);
  });

  it('is a good one for a site without anything', async () => {
    expect((await config((await write({})).files.config)).sensors).toMatchObject({ buses: [] });
  });

  it('is for its owner alone', async () => {
    const { files } = await write({ cameras: 1, sensors: fall, hub: true });
    expect((await stat(files.folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(files.folder)) expect((await stat(join(files.folder, name))).mode & 0o777).toBe(0o600);
  });

  it('is written anew over its own, and over nothing else', async () => {
    const { files } = await write({ sensors: fall });
    const again = await write({ sensors: fall });
    expect((await config(files.config)).sensors.webhook?.sources[0]?.token).toBe(again.facts.webhooks[0]?.token);
    for (const name of ['config.yaml', 'fall-1.token']) {
      const folder = join(top, `of-${name}`);
      await writeFile(join(await mkdtemp(folder), name), 'precious');
      const [made = ''] = (await readdir(top)).filter((entry) => entry.startsWith(`of-${name}`));
      await expect(write({ sensors: fall }, join(top, made))).rejects.toMatchObject({ code: 'simulator.config-unwritable' });
      expect(await readFile(join(top, made, name), 'utf8')).toBe('precious');
    }
  });

  it.each([
    ['a path too long for a socket', 'x'.repeat(100), {}],
    [
      'more senders than a gateway takes',
      'many',
      { sensors: Array.from({ length: 101 }, (_, at) => ({ id: `f-${at}`, kind: 'webhook' as const })) },
    ],
    ['more panels than a gateway has lines', 'lines', { sensors: 65, sensorKinds: ['panel'] as const }],
  ])('is refused for %s', async (_, name, options) => {
    await expect(write(options, join(top, name))).rejects.toMatchObject({ code: 'simulator.config-unwritable' });
    expect(await readdir(top)).toEqual([]);
  });
});

describe('bongsu simulate --print-config', () => {
  const options = { cameras: 2, sensors: 0, hub: true, discoveryPort: 0, json: false } as const;

  it.each([
    ['en', /^A gateway for this site is configured in .*Start it/],
    ['ko', /^이 현장에 맞는 게이트웨이 설정을 .*에 썼습니다/],
  ] as const)('says in %s how to go on', async (language, words) => {
    const folder = join(top, "the site's");
    const stop = new AbortController();
    const lines: string[] = [];
    const io = { print: (line: string) => void lines.push(line), signal: stop.signal };
    const running = runSimulator(
      { ...options, language, printConfig: folder, webhookUrl: 'http://127.0.0.1:8499/webhook/{device}' },
      io,
      env,
    );
    expect(await until(() => words.test(lines.at(-1) ?? ''))).toBe(true);
    stop.abort();
    await running;
    const told = lines.find((line) => words.test(line)) ?? '';
    const quoted = (name: string): string => `'${join(top, "the site'\\''s", name)}'`;
    expect(told.split('\n').slice(1)).toEqual([
      `  bongsu run --config ${quoted('config.yaml')}`,
      expect.stringMatching(/^ {2}bongsu --socket '.*' camera add cam-1 --address 127\.0\.0\.1:\d+ --user admin --password-file '.*'$/),
      expect.stringContaining('camera add cam-2'),
    ]);
    expect((await config(join(folder, 'config.yaml'))).uplink.url).toMatch(/^mqtt:/);
  });

  it.each([
    [undefined, 8480],
    ['http://127.0.0.1:8499/webhook/{device}', 8499],
  ])('lets the gateway listen where webhooks are sent to: %s', async (webhookUrl, port) => {
    const stop = new AbortController();
    const lines: string[] = [];
    const io = { print: (line: string) => void lines.push(line), signal: stop.signal };
    const running = runSimulator({ ...options, cameras: 0, sensors: 3, hub: false, json: true, printConfig: top, webhookUrl }, io, env);
    expect(await until(() => lines.length === 2)).toBe(true);
    stop.abort();
    await running;
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      event: 'config',
      folder: top,
      commands: [`bongsu run --config ${top}/config.yaml`],
    });
    expect((await config(join(top, 'config.yaml'))).sensors.webhook?.listen.port).toBe(port);
  });

  it('names fixed ports that there are not', async () => {
    const stop = new AbortController();
    const io = { print: () => stop.abort(), signal: stop.signal };
    await expect(runSimulator({ ...options, basePort: 65_525 }, io, env)).rejects.toMatchObject({ code: 'simulator.port-taken' });
  });

  it('goes on until it is told to end even when there is nothing to simulate', async () => {
    const main = new URL('../../src/main.ts', import.meta.url).pathname;
    const { status, said } = await run(process.execPath, [main, 'simulate', '--cameras', '0', '--sensors', '0', '--lang', 'en'], 4000);
    expect({ status, said }).toEqual({ status: 0, said: 'The simulated site stands.\n' });
  });
});
