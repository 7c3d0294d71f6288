// What is wrong with a camera, said in words: simulated cameras that are ill in one way each, and the step and the cause that the diagnosis names.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cameras, openCameras } from '#cameras';
import type { Device } from '#model';
import { openSimulatedSite, type SimulatedCamera } from '#simulator';
import { causeWords } from '../../src/cameras/diagnosis/causes.ts';
import { verdictOf } from '../../src/cameras/diagnosis/index.ts';
import { judgeNeighbour, judgePort } from '../../src/cameras/diagnosis/reach.ts';
import { failure } from '../../src/cameras/faults.ts';
import { type Habits, openQuirkyCamera } from '../streams/quirky-camera.ts';
import { openRelay } from '../streams/site.ts';
import { cameraDevice, env, openFakeDeps, testOptions, until } from './fake-deps.ts';

const stack = new AsyncDisposableStack();
const relay = stack.use(openRelay());
const accounts: string[] = [];
const sight = {
  look: relay.streams.look,
  account: async (look: string, subjects: string, by: string) => void accounts.push(`${look} ${subjects} ${by}`),
};
beforeAll(async () => {
  await relay.until('media-up');
}, 30_000);
afterAll(() => stack.disposeAsync());

type Login = { readonly user: string; readonly password: string };

/** Diagnoses one camera that nobody supervises. */
async function diagnoseOnce(device: Device, login: Login | undefined, options: object = {}) {
  await using cameras = openCameras(testOptions({ requestTimeout: '700ms', ...options }), { ...openFakeDeps(), sight }, env);
  cameras.add({ device, login });
  return walk(cameras, device.id);
}

async function walk(cameras: Cameras, id: string) {
  const findings = [];
  for await (const finding of cameras.diagnose(id, 'cli:kim (claimed)', new AbortController().signal)) findings.push(finding);
  return findings;
}

async function openOne(nature: object = {}): Promise<{ camera: SimulatedCamera } & AsyncDisposable> {
  const site = await openSimulatedSite({ cameras: [nature] }, env);
  const [camera] = site.cameras;
  if (!camera) throw new Error('no camera');
  return { camera, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
}

describe('a diagnosis', () => {
  it('of a camera that is well says so at every step, and puts its look on the audit', async () => {
    await using one = await openOne({ codec: 'h265' });
    accounts.length = 0;
    const findings = await diagnoseOnce(cameraDevice('cam-1', one.camera.address), one.camera.login);
    expect(findings.map(({ step, result }) => `${step} ${result}`)).toEqual([
      'address ok',
      'neighbour skipped',
      'port ok',
      'web ok',
      'clock ok',
      'login ok',
      'services ok',
      'profiles ok',
      'stream ok',
      'picture ok',
      'events ok',
    ]);
    expect(verdictOf(findings).result).toBe('ok');
    expect(findings.find(({ step }) => step === 'picture')?.message.en).toMatch(/first frame after \d+ ms, h265/);
    expect(accounts).toEqual(['camera-test cam-1/1 cli:kim (claimed)']);
    // What it took to know is given back.
    expect(one.camera.pullPoints).toBe(0);
    await until(() => one.camera.counts.streamsNow === 0);
    expect(one.camera.counts.failedLogins).toBe(0);
  });

  type Case = readonly [cause: string, step: string, nature: object, harm: (camera: SimulatedCamera) => void];
  const create = 'tev:CreatePullPointSubscription';
  const cases: readonly Case[] = [
    ['silent', 'web', {}, (camera) => camera.fail('silent')],
    ['silent', 'web', {}, (camera) => camera.fail('slow')],
    ['closed', 'web', {}, (camera) => camera.fail('closing')],
    ['port-closed', 'port', {}, (camera) => camera.fail('refusing')],
    ['garbage', 'web', {}, (camera) => camera.fail('html')],
    ['garbage', 'web', {}, (camera) => camera.fail('garbage')],
    ['garbage', 'web', {}, (camera) => camera.fail('huge')],
    ['login-refused', 'login', {}, (camera) => camera.setPassword('somebody changed it')],
    ['login-refused', 'login', { loginBy: 'username-token' }, (camera) => camera.setPassword('somebody changed it')],
    ['factory-state', 'login', { personality: 'hanwha' }, (camera) => camera.reset()],
    ['silent', 'services', {}, (camera) => camera.fail('silent', { only: 'tr2:GetProfiles' })],
    ['garbage', 'events', {}, (camera) => camera.fail('busy', { only: create })],
    ['events-silent', 'events', {}, (camera) => camera.fail('silent', { only: 'tev:PullMessages' })],
  ];
  it.each(cases)('names %s at the step %s and stops there', async (cause, step, nature, harm) => {
    await using one = await openOne(nature);
    const { login } = one.camera;
    harm(one.camera);
    const findings = await diagnoseOnce(cameraDevice('cam-1', one.camera.address), login);
    expect(findings.at(-1)).toMatchObject({ cause, step, result: 'failed' });
    expect(findings.slice(0, -1).every(({ result }) => result === 'ok' || result === 'skipped')).toBe(true);
    expect(one.camera.counts.failedLogins).toBeLessThanOrEqual(1);
  });

  it('of a camera that wants a login says so, and goes on past a wrong clock', async () => {
    await using one = await openOne({ clockOffsetMs: 600_000 });
    const without = await diagnoseOnce(cameraDevice('cam-1', one.camera.address), undefined);
    expect(without.at(-1)).toMatchObject({ cause: 'login-missing', step: 'login' });
    const findings = await diagnoseOnce(cameraDevice('cam-1', one.camera.address), one.camera.login);
    expect(verdictOf(findings)).toMatchObject({
      cause: 'clock-wrong',
      step: 'clock',
      result: 'warning',
      detail: { en: expect.stringContaining('ahead') },
    });
    expect(findings.at(-1)).toMatchObject({ step: 'events', result: 'ok' });
  });

  it('never tries a refused login again before its time, and says how long', async () => {
    await using one = await openOne();
    one.camera.setPassword('somebody changed it');
    await using cameras = openCameras(testOptions(), { ...openFakeDeps(), sight }, env);
    cameras.add({ device: cameraDevice('cam-1', one.camera.address), login: { user: one.camera.login.user, password: 'old' } });
    expect((await walk(cameras, 'cam-1')).at(-1)).toMatchObject({ cause: 'login-refused' });
    for (let time = 0; time < 5; time += 1) {
      expect((await walk(cameras, 'cam-1')).at(-1)).toMatchObject({
        cause: 'login-held',
        detail: { en: expect.stringMatching(/again in \d+ s/) },
      });
    }
    expect(one.camera.counts.failedLogins).toBe(1);
  });

  it('asks a camera that is being heard for no further subscription', async () => {
    await using one = await openOne();
    await using cameras = openCameras(testOptions(), { ...openFakeDeps(), sight }, env);
    cameras.add({ device: cameraDevice('cam-1', one.camera.address), login: one.camera.login });
    const stop = new AbortController();
    const done = cameras.service.run(stop.signal);
    await until(() => cameras.status()[0]?.state === 'online' && (cameras.status()[0]?.pulls ?? 0) > 0);
    const { subscriptions } = one.camera.counts;
    expect((await walk(cameras, 'cam-1')).at(-1)).toMatchObject({
      step: 'events',
      result: 'ok',
      message: { en: expect.stringMatching(/^Being heard/) },
    });
    expect(one.camera.counts.subscriptions).toBe(subscriptions);
    stop.abort();
    await done;
  });

  const right = { user: 'gate', password: 'right' };
  const wrong = { user: 'gate', password: 'wrong' };
  it.each<readonly [string, string, Habits]>([
    ['picture-silent', 'picture', { silent: true }],
    ['picture-busy', 'picture', { refuse: ['SETUP', 453] }],
    ['picture-refused', 'picture', { refuse: ['PLAY', 404] }],
    ['picture-refused', 'stream', { refuse: ['DESCRIBE', 404] }],
    ['picture-no-video', 'stream', { sdp: 'v=0\r\ns=-\r\nm=audio 0 RTP/AVP 0\r\n' }],
    ['picture-login-refused', 'stream', { digest: 'MD5', login: right }],
    ['picture-basic-only', 'stream', { basic: true }],
  ])('of a source without ONVIF names %s at the step %s', async (cause, step, habits) => {
    await using camera = await openQuirkyCamera(habits);
    const findings = await diagnoseOnce(cameraDevice('cam-1', camera.url), wrong, { watch: { pictures: { timeout: '1s' } } });
    expect(findings.at(-1)).toMatchObject({ cause, step, result: 'failed' });
    expect(camera.authorizations.length).toBeLessThanOrEqual(1);
  });

  it.each<readonly [string, string, string]>([
    ['address-bad', 'ftp://x', 'address'],
    ['port-closed', '127.0.0.1:9', 'port'],
  ])('of an address: %s', async (cause, address, step) => {
    const findings = await diagnoseOnce(cameraDevice('cam-1', address), undefined);
    expect(findings.at(-1)).toMatchObject({ cause, step, result: 'failed' });
  });
});

describe('the way to a camera', () => {
  const url = new URL('http://10.0.0.5:80/');
  it.each([
    ['unreachable', '10.0.0.5 ECONNREFUSED', 'port-closed'],
    ['unreachable', '10.0.0.5 ENETUNREACH', 'no-route'],
    ['unreachable', '10.0.0.5 EHOSTUNREACH', 'no-answer'],
    ['silent', '10.0.0.5', 'no-answer'],
  ] as const)('a knock that is %s (%s) is %s', (kind, detail, cause) => {
    expect(judgePort(url, failure(kind, detail), 1)).toMatchObject({ cause, result: 'failed' });
  });

  const mac = '00:09:18:a1:b2:c3';
  it.each([
    [{ state: 'absent', mac: '' }, mac, true, { cause: 'no-neighbour', result: 'failed' }],
    // The table is older than the knock that was answered.
    [{ state: 'absent', mac: '' }, mac, false, { result: 'skipped' }],
    [{ state: 'there', mac }, mac, false, { result: 'ok' }],
    [{ state: 'there', mac }, undefined, false, { result: 'ok' }],
    [{ state: 'there', mac }, mac, true, { result: 'ok' }],
    [{ state: 'there', mac: '00:09:18:00:00:01' }, mac, false, { cause: 'other-device', result: 'warning' }],
    [{ state: 'unknown', mac: '' }, mac, true, { result: 'skipped' }],
  ] as const)('a neighbour %o (was %s, failed %s) is %o', (neighbour, known, failed, expected) => {
    expect(judgeNeighbour(neighbour, known, failed)).toMatchObject(expected);
  });
});

describe('the words', () => {
  it.each(Object.entries(causeWords))('of %s say in both languages what is wrong and what to do', (_cause, { message, hint }) => {
    for (const text of [message, hint]) {
      expect(text.ko).toMatch(/\p{Script=Hangul}/u);
      expect(text.en).not.toMatch(/\p{Script=Hangul}/u);
      expect(text.en.length).toBeGreaterThan(8);
    }
    expect(hint.en).toMatch(/[.)]$/);
    expect(hint.ko).toMatch(/\.$/);
  });
});
