// The story of a camera that is moved: under a grant and never without, by a technician, with the site's own word before both; nothing moves on by itself.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSimulatedSite, type SimulatedCamera } from '#simulator';
import { eventually, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let camera: SimulatedCamera;

const online = () =>
  eventually(
    'the camera',
    async () => ((await gateway.query('status')) as { cameras: { online: number } }).cameras.online === 1 || undefined,
    20_000,
  );

beforeAll(async () => {
  province = stack.use(await openProvince());
  const control = { moveTimeout: '4s', hold: '5s', idleLook: '500ms', relays: true };
  gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, cameras: { control } })));
  const site = stack.use(await openSimulatedSite({ cameras: [{ personality: 'hanwha', ptz: true }] }, systemEnv(openLog('silent'))));
  [camera] = site.cameras as [SimulatedCamera];
  await gateway.cli(['camera', 'add', 'cam-1', '--address', camera.address, '--user', camera.login.user, '--password-stdin'], {
    input: `${camera.login.password}\n`,
  });
  await online();
}, 120_000);
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  await gateway.cli(['camera', 'ptz', 'cam-1', 'policy', 'allowed', '--return', 'none']);
  await gateway.cli(['camera', 'ptz', 'cam-1', 'stop']);
});

async function openStream(durationMs = 600_000): Promise<string> {
  const outcome = await province.hub.command('stream.open', { camera: 'cam-1', grant: grantRequest({}, durationMs) });
  expect(outcome).toMatchObject({ result: 'done' });
  return String(outcome['grant']);
}

const ptz = (name: 'move' | 'stop' | 'preset', grant: string, body: object = {}) =>
  province.hub.command(`ptz.${name}`, { camera: 'cam-1', grant, ...body });

/** The newest rows of the audit, oldest first. */
function audit(count: number): readonly string[] {
  using stackOfDb = new DisposableStack();
  const db = new Database(join(gateway.folder, 'bongsu.db'), { readonly: true });
  stackOfDb.defer(() => void db.close());
  const rows = db.prepare<[number], { who: string; subject: string; act: string; detail: string }>(
    'SELECT who, subject, act, detail FROM access_audit ORDER BY row DESC LIMIT ?',
  );
  return rows
    .all(count)
    .toReversed()
    .map(({ who, subject, act, detail }) => `${act} ${subject} ${who}: ${detail}`);
}

describe('the hub', () => {
  it('moves a camera under a grant of its picture, and stops it', async () => {
    const grant = await openStream();
    expect(await ptz('move', grant, { pan: 0.2 })).toMatchObject({ result: 'done', grant, stopsInMs: 4000 });
    expect(camera.moving).toBe(true);
    expect(await ptz('stop', grant)).toMatchObject({ result: 'done' });
    expect(camera.moving).toBe(false);
    expect(await ptz('preset', grant, { action: 'list' })).toMatchObject({
      result: 'done',
      presets: [{ token: '1', name: 'home' }, {}, {}],
    });
    expect(await ptz('preset', grant, { preset: '2' })).toMatchObject({ result: 'done' });
    expect(camera.position?.pan).toBe(-0.5);
    const rows = audit(3);
    expect(rows[0]).toContain('ptz.continuous cam-1/1 hub:jb119-042: ');
    expect(rows[0]).toContain(`grant:${grant}: pan 0.2 for `);
    expect(rows[1]).toMatch(/^ptz\.ended cam-1\/1 gateway: grant:.* stopped by grant:/);
    expect(rows[2]).toContain('ptz.preset cam-1/1 hub:jb119-042: ');
    await province.hub.command('stream.close', { grant });
  });

  it('moves nothing without a grant, with a still, beyond its end, or on another channel', async () => {
    const before = camera.position;
    const refused = { result: 'refused', reason: 'access.grant-unknown' };
    expect(await ptz('move', '01931b2e-7c55-7a10-8f00-2f6c1d0a9b11', { pan: 1 })).toMatchObject(refused);
    const still = await province.hub.command('snapshot.take', { camera: 'cam-1', grant: grantRequest() });
    expect(await ptz('move', String(still['grant']), { pan: 1 })).toMatchObject(refused);
    const grant = await openStream();
    expect(await ptz('preset', grant, { channel: 2, preset: '2' })).toMatchObject(refused);
    await province.hub.command('stream.close', { grant });
    expect(await ptz('preset', grant, { preset: '3' })).toMatchObject(refused);
    expect(await ptz('stop', grant)).toMatchObject(refused);
    expect(camera.position).toEqual(before);
  });

  it('moves nothing where the site says never, nor what another grant holds', async () => {
    const [first, second] = [await openStream(), await openStream()];
    await gateway.cli(['camera', 'ptz', 'cam-1', 'policy', 'never']);
    expect(await ptz('move', first, { pan: 1 })).toMatchObject({ result: 'refused', reason: 'cameras.ptz-never' });
    await gateway.cli(['camera', 'ptz', 'cam-1', 'policy', 'allowed']);
    expect(await ptz('preset', first, { action: 'home' })).toMatchObject({ result: 'done' });
    expect(await ptz('preset', second, { preset: '3' })).toMatchObject({ result: 'refused', reason: 'cameras.ptz-held' });
    for (const grant of [first, second]) await province.hub.command('stream.close', { grant });
  });
});

describe('a movement', () => {
  it('ends when the hub falls silent', async () => {
    const grant = await openStream();
    await ptz('move', grant, { pan: 0.1 });
    await sleep(1000);
    expect(camera.moving).toBe(true);
    await eventually('the stop', () => !camera.moving || undefined, 4000);
    expect(await eventually('its row', () => audit(1).find((row) => row.startsWith('ptz.ended')), 3000)).toContain(
      'nobody told it to go on',
    );
    await province.hub.command('stream.close', { grant });
  });

  it.each(['close', 'revoke', 'expire'] as const)('ends with its grant: %s', async (how) => {
    const grant = await openStream(how === 'expire' ? 3000 : 600_000);
    if (how === 'expire') await sleep(1800);
    expect(await ptz('move', grant, { pan: 0.1 })).toMatchObject({ result: 'done' });
    expect(camera.moving).toBe(true);
    if (how === 'close') await province.hub.command('stream.close', { grant });
    if (how === 'revoke') await gateway.cli(['grant', 'revoke', grant, '--reason', 'enough']);
    await eventually('the stop', () => !camera.moving || undefined, 1500);
    expect(await ptz('move', grant, { pan: 0.1 })).toMatchObject({ result: 'refused', reason: 'access.grant-unknown' });
  });

  it('ends when the gateway is killed: the camera itself sees to it', async () => {
    const grant = await openStream();
    await ptz('move', grant, { pan: 0.1 });
    await gateway.stop('SIGKILL');
    expect(camera.moving).toBe(true);
    await eventually('the stop', () => !camera.moving || undefined, 4500);
    await gateway.start();
    await online();
    await province.hub.command('stream.close', { grant });
  });

  it('ends when the gateway is stopped, before its time is over', async () => {
    const grant = await openStream();
    await ptz('move', grant, { pan: 0.1 });
    const beganAt = performance.now();
    const stopped = gateway.stop('SIGTERM');
    await eventually('the stop', () => !camera.moving || undefined, 1500);
    expect(performance.now() - beganAt).toBeLessThan(1500);
    await stopped;
    await gateway.start();
    await online();
    await province.hub.command('stream.close', { grant });
  });
});

describe('a technician', () => {
  it('moves a camera for as long as his command line runs', async () => {
    const launcher = new URL('../../bin/bongsu', import.meta.url).pathname;
    const child = spawn(launcher, ['--socket', gateway.socket, 'camera', 'ptz', 'cam-1', 'move', '--pan', '-0.02', '--for', '30s'], {
      stdio: 'ignore',
    });
    await eventually('the movement', () => camera.moving || undefined, 5000);
    await sleep(4500);
    expect(camera.moving).toBe(true);
    child.kill('SIGKILL');
    await eventually('the stop', () => !camera.moving || undefined, 1500);
  });

  it('goes before the hub when he stops it, and the hub may go on when he is done', async () => {
    const grant = await openStream();
    await ptz('move', grant, { pan: 0.1 });
    await gateway.cli(['camera', 'ptz', 'cam-1', 'home'], { status: 1 });
    await gateway.cli(['camera', 'ptz', 'cam-1', 'stop']);
    expect(camera.moving).toBe(false);
    await gateway.cli(['camera', 'ptz', 'cam-1', 'preset', 'street']);
    expect(camera.position?.pan).toBe(0.7);
    expect(await ptz('preset', grant, { preset: '2' })).toMatchObject({ result: 'refused', reason: 'cameras.ptz-held' });
    await gateway.cli(['camera', 'ptz', 'cam-1', 'stop']);
    expect(await ptz('preset', grant, { preset: '2' })).toMatchObject({ result: 'done' });
    await province.hub.command('stream.close', { grant });
  });

  it('switches a relay, sets a clock and restarts a camera in his name', async () => {
    await gateway.cli(['camera', 'relay', 'cam-1', 'on', 'relay-1', '--reason', 'lamp test']);
    expect(camera.relays).toEqual([true]);
    await gateway.cli(['camera', 'relay', 'cam-1', 'off', 'relay-1', '--reason', 'lamp test']);
    camera.setClock(-90_000, 'Manual');
    expect(await gateway.cli(['camera', 'clock', 'cam-1', '--set'])).toMatch(/was -(89|90|91)/);
    expect(Math.abs(camera.clockOffsetMs)).toBeLessThan(1500);
    await gateway.cli(['camera', 'reboot', 'cam-1', '--reason', 'hangs'], { status: 2 });
    await gateway.cli(['camera', 'reboot', 'cam-1', '--reason', 'hangs', '--yes']);
    const rows = audit(12).filter((row) => /^(relay|camera\.(set|reboot))/.test(row));
    expect(rows.map((row) => row.replace(/cli:.* \(claimed\)/, 'cli'))).toEqual([
      'relay.on cam-1 cli: relay-1: lamp test',
      'relay.off cam-1 cli: relay-1: lamp test',
      'camera.set-clock cam-1 cli: ',
      'camera.reboot cam-1 cli: hangs',
    ]);
  });
});
