// Supervision of many: a switch that falls, a storm of reboots, sources without ONVIF, and the conditions beside the great three.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCameras } from '#cameras';
import type { Condition, Look } from '#model';
import { openAilments } from '../../src/cameras/ailments.ts';
import { openQuirkyCamera } from '../streams/quirky-camera.ts';
import { openRelay } from '../streams/site.ts';
import { type FakeCamera, openFakeCamera } from './fake-camera.ts';
import { cameraDevice, env, type FakeDeps, openFakeDeps, testOptions, until } from './fake-deps.ts';
import { openMovedTime } from './moved-time.ts';
import { login } from './watched.ts';

/** So many fake cameras under supervision, and how many of them are being connected to at once. */
async function openField(count: number, options: Record<string, unknown>) {
  const stack = new AsyncDisposableStack();
  const underway = new Set<number>();
  /** Connected in this life: what is asked later is no attempt. */
  const heard = new Set<number>();
  let most = 0;
  const cameras: FakeCamera[] = [];
  for (let index = 0; index < count; index += 1) {
    const intercept = (call: string): boolean => {
      if (call === 'GetSystemDateAndTime' && !heard.has(index)) underway.add(index);
      // It has its subscription.
      if (call === 'SetSynchronizationPoint') {
        heard.add(index);
        underway.delete(index);
      }
      most = Math.max(most, underway.size);
      return false;
    };
    cameras.push(stack.use(await openFakeCamera({ intercept })));
  }
  const deps = openFakeDeps();
  const site = stack.use(openCameras(testOptions(options, { pullWait: '1s' }), deps, env));
  for (const [index, { address }] of cameras.entries()) site.add({ device: cameraDevice(`cam-${index}`, address), login });
  const stop = new AbortController();
  const done = site.service.run(stop.signal);
  stack.defer(async () => {
    stop.abort();
    await done;
  });
  return {
    cameras,
    deps,
    site,
    online: () => site.status().filter(({ state }) => state === 'online').length,
    most: () => most,
    forget() {
      most = 0;
      underway.clear();
      heard.clear();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const steps = ({ conditions }: FakeDeps, kind: Condition['kind']): string[] =>
  conditions.filter((step) => step.kind === kind).map(({ device, state }) => `${device} ${state}`);

describe('a switch', () => {
  it('that falls and comes back is one condition, and so many attempts at once as are allowed', async () => {
    const groups = { recheck: '1s', settle: '30s' };
    await using field = await openField(12, { attempts: 3, watch: { groups }, retryMax: '2s' });
    await until(() => field.online() === 12, 30_000);
    expect(field.most()).toBeLessThanOrEqual(3);
    for (const camera of field.cameras) await camera.close();
    await until(() => field.online() === 0, 20_000);
    await until(() => steps(field.deps, 'camera-group-lost').includes('gateway raised'));
    const findings = [];
    for await (const finding of field.site.diagnose('cam-3', 'cli:kim', new AbortController().signal)) findings.push(finding);
    expect(findings.at(-1)).toMatchObject({ step: 'port', result: 'failed', cause: 'group-lost' });
    field.forget();
    for (const camera of field.cameras) await camera.reopen();
    await until(() => field.online() === 12, 30_000);
    expect(field.most()).toBeLessThanOrEqual(3);
    await until(() => steps(field.deps, 'camera-group-lost').length === 2);
    expect(steps(field.deps, 'camera-group-lost')).toEqual(['gateway raised', 'gateway cleared']);
    expect(steps(field.deps, 'camera-lost')).toEqual([]);
  }, 60_000);

  it('that comes back without one of its cameras leaves that one to be told alone', async () => {
    await using field = await openField(5, { watch: { groups: { recheck: '1s', settle: '2s' } } });
    await until(() => field.online() === 5, 20_000);
    for (const camera of field.cameras) await camera.close();
    await until(() => steps(field.deps, 'camera-group-lost').includes('gateway raised'), 20_000);
    for (const camera of field.cameras.slice(1)) await camera.reopen();
    await until(() => steps(field.deps, 'camera-lost').length > 0, 20_000);
    expect(steps(field.deps, 'camera-lost')).toEqual(['cam-0 raised']);
    await field.cameras[0]?.reopen();
    await until(() => steps(field.deps, 'camera-lost').length === 2, 20_000);
    expect(steps(field.deps, 'camera-lost')).toEqual(['cam-0 raised', 'cam-0 cleared']);
  }, 60_000);
});

describe('a source without ONVIF', () => {
  const relay = openRelay();
  const sight = { look: relay.streams.look, account: () => Promise.resolve() };
  beforeAll(async () => {
    await relay.until('media-up');
  }, 30_000);
  afterAll(() => relay[Symbol.asyncDispose]());

  /** One source under supervision. */
  async function watchSource(habits: Parameters<typeof openQuirkyCamera>[0], known = { user: '', password: '' }) {
    const camera = await openQuirkyCamera(habits);
    const deps = Object.assign(openFakeDeps(), { sight });
    const site = openCameras(testOptions({ watch: { pictures: { timeout: '1s' } } }), deps, env);
    site.add({ device: cameraDevice('cam-1', camera.url), login: known.user === '' ? undefined : known });
    const stop = new AbortController();
    const done = site.service.run(stop.signal);
    const state = () => site.status()[0]?.state;
    const end = async (): Promise<void> => {
      stop.abort();
      await done;
      // It may have been closed by the test.
      await Promise.resolve(camera[Symbol.asyncDispose]()).catch(() => {});
    };
    return { camera, deps, state, [Symbol.asyncDispose]: end };
  }

  it('is online when it describes its stream, and lost when it is gone', async () => {
    await using one = await watchSource({});
    await until(() => one.state() === 'online');
    await one.camera[Symbol.asyncDispose]();
    await until(() => one.state() === 'lost');
    await until(() => one.deps.standing().includes('camera-lost'));
  });

  it('whose login is refused is tried once in its time', async () => {
    await using one = await watchSource({ digest: 'MD5', login: { user: 'a', password: 'right' } }, { user: 'a', password: 'wrong' });
    await until(() => one.deps.standing().includes('camera-login-refused'));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(one.state()).toBe('login-refused');
    expect(one.camera.authorizations).toHaveLength(1);
  });

  it('whose login was refused is not tried again after a restart', async () => {
    await using camera = await openQuirkyCamera({ digest: 'MD5', login: { user: 'a', password: 'right' } });
    const deps = Object.assign(openFakeDeps(), { sight });
    const record = { device: cameraDevice('cam-1', camera.url), login: { user: 'a', password: 'wrong' } };
    for (let start = 0; start < 3; start += 1) {
      const site = openCameras(testOptions({ watch: { pictures: { timeout: '1s' } } }), deps, env);
      site.add(record);
      const stop = new AbortController();
      const done = site.service.run(stop.signal);
      await until(() => site.status()[0]?.state === 'login-refused');
      stop.abort();
      await done;
    }
    expect(camera.authorizations).toHaveLength(1);
  });

  it('that offers no video is faulty', async () => {
    await using one = await watchSource({ sdp: 'v=0\r\ns=-\r\nm=audio 0 RTP/AVP 0\r\n' });
    await until(() => one.deps.standing().includes('camera-fault'));
    expect(one.state()).toBe('fault');
  });
});

describe('what stands beside the great three', () => {
  const seen: Look = { result: 'seen', codec: 'h264', tookMs: 1 };
  const failed = (reason: Extract<Look, { result: 'failed' }>['reason']): Look => ({
    result: 'failed',
    reason,
    text: { ko: '무음', en: 'mute' },
  });

  function openOne() {
    const { env: world, clock } = openMovedTime();
    const told: string[] = [];
    const condition = async ({ kind, channel, state, message }: Condition): Promise<void> => {
      told.push(`${kind} ${channel} ${state}`.replace('  ', ' '));
      expect(message.ko).toMatch(/\p{Script=Hangul}/u);
    };
    const options = { clockTolerance: 5000, watch: { pictures: { lostAfter: 2 }, certificateDays: 30 } };
    const seat = { lost: (alone: () => void) => alone(), found: () => {} };
    return { ailments: openAilments('cam-1', options, { condition, seat }, world), told, clock };
  }

  it('pictures: two failures in a row, of each channel by itself', async () => {
    const { ailments, told } = openOne();
    await ailments.pictures(1, failed('silent'), 1);
    expect(told).toEqual([]);
    await ailments.pictures(1, failed('silent'), 2);
    await ailments.pictures(1, failed('timeout'), 3);
    await ailments.pictures(2, seen, 0);
    await ailments.pictures(1, seen, 0);
    expect(told).toEqual(['camera-no-picture 1 raised', 'camera-no-picture 2 cleared', 'camera-no-picture 1 cleared']);
  });

  it('pictures: a refused login at once', async () => {
    const { ailments, told } = openOne();
    await ailments.pictures(1, failed('login-refused'), 1);
    expect(told).toEqual(['camera-no-picture 1 raised']);
  });

  it('its certificate: near its end, ended, renewed', async () => {
    const { ailments, told, clock } = openOne();
    const inDays = (days: number): string => new Date(clock.now() + days * 86_400_000).toUTCString();
    await ailments.certificate(undefined);
    await ailments.certificate('no date');
    expect(told).toEqual([]);
    await ailments.certificate(inDays(300));
    await ailments.certificate(inDays(29));
    await ailments.certificate(inDays(-1));
    await ailments.certificate(inDays(365));
    expect(told.map((step) => step.replace('certificate-expiring https ', ''))).toEqual(['cleared', 'raised', 'cleared']);
  });

  it('its clock', async () => {
    const { ailments, told } = openOne();
    expect(await ailments.clock(undefined)).toBe(false);
    expect(await ailments.clock(60_000)).toBe(true);
    expect(await ailments.clock(-4000)).toBe(false);
    expect(told).toEqual(['clock-wrong raised', 'clock-wrong cleared']);
  });

  it('a loss that turns out to be the switch’s is not told, nor one that is over when it is known', async () => {
    const { env: world } = openMovedTime();
    const told: string[] = [];
    let alone: (() => void) | undefined;
    const seat = {
      lost: (act: () => void) => {
        alone = act;
      },
      found: () => {},
    };
    const condition = async ({ kind, state }: Condition): Promise<void> => void told.push(`${kind} ${state}`);
    const options = { clockTolerance: 5000, watch: { pictures: { lostAfter: 2 }, certificateDays: 30 } };
    const ailments = openAilments('cam-1', options, { condition, seat }, world);
    await ailments.fail({ kind: 'silent', detail: { ko: '', en: '' } });
    expect(told).not.toContain('camera-lost raised');
    const recovering = ailments.recover();
    alone?.();
    await recovering;
    await ailments.recover();
    expect(told).not.toContain('camera-lost raised');
    await ailments.fail({ kind: 'silent', detail: { ko: '', en: '' } });
    alone?.();
    await ailments.clock(0);
    expect(told.at(-2)).toBe('camera-lost raised');
  });
});
