// Each vendor's personality of the simulator, heard over ONVIF as it writes its topics: every topic that it has means what it should, nothing is unknown.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cameras, openCameras } from '#cameras';
import { openSimulatedSite, type SimulatedSite } from '#simulator';
import { personalityNames } from '../../src/simulator/cameras/index.ts';
import { personalities } from '../../src/simulator/cameras/personality/index.ts';
import type { CameraTopic } from '../../src/simulator/cameras/topics.ts';
import { cameraDevice, env, type FakeDeps, openFakeDeps, testOptions, until } from './fake-deps.ts';

/** What each topic of the simulator is; `fact` stays at the site, `condition` is the camera's own health. */
const meanings: Readonly<Record<CameraTopic, string>> = {
  'digital-input': 'digital-input',
  motion: 'motion',
  tamper: 'tamper',
  intrusion: 'intrusion',
  'line-crossing': 'line-crossing',
  'video-loss': 'video-loss',
  'storage-failure': 'storage-failure',
  'motion-alarm': 'motion',
  'motion-region': 'motion',
  loitering: 'loitering',
  abandoned: 'abandoned',
  removed: 'removed',
  'scene-change': 'scene-change',
  blurry: 'scene-change',
  dark: 'scene-change',
  bright: 'scene-change',
  sound: 'sound',
  'sound-class': 'sound',
  relay: 'fact',
  'fan-failure': 'camera-fault',
  'power-failure': 'camera-fault',
  'temperature-critical': 'camera-fault',
  radiometry: 'heat',
  heat: 'heat',
  'login-failed': 'camera-login-failures',
  rebooted: 'fact',
  'video-fire': 'fire',
  'video-smoke': 'smoke',
  people: 'motion',
  vehicle: 'motion',
  face: 'motion',
  defocus: 'scene-change',
  fog: 'scene-change',
};
/** Conditions that a camera says of itself; the room has others. */
const saidConditions = ['video-loss', 'storage-failure', 'camera-fault', 'camera-login-failures'];
/** Where a vendor writes a topic that means something else. */
const otherwise: Partial<Record<string, Partial<Record<CameraTopic, string>>>> = {
  hanwha: { 'scene-change': 'tamper' },
  avigilon: { tamper: 'scene-change' },
};

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
const heard = new Map<string, { readonly cameras: Cameras; readonly deps: FakeDeps }>();

beforeAll(async () => {
  site = stack.use(await openSimulatedSite({ cameras: personalityNames.map((personality) => ({ id: personality, personality })) }, env));
  for (const { id, address, login } of site.cameras) {
    const deps = openFakeDeps();
    const events = { handling: [{ as: 'alarm' }], timeouts: {} };
    const cameras = stack.use(openCameras(testOptions({}, events), deps, env));
    cameras.add({ device: cameraDevice(id, address), login });
    const stop = new AbortController();
    const done = cameras.service.run(stop.signal);
    stack.defer(async () => {
      stop.abort();
      await done;
    });
    heard.set(id, { cameras, deps });
  }
}, 60_000);
afterAll(() => stack.disposeAsync());

describe.each(personalityNames)('%s', (name) => {
  it('is heard and understood in every topic that it has', { timeout: 60_000 }, async () => {
    const camera = site.camera(name);
    const one = heard.get(name);
    if (!camera || !one) throw new Error(`no camera ${name}`);
    const { cameras, deps } = one;
    await until(() => (cameras.status()[0]?.pulls ?? 0) > 0, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = cameras.status()[0]?.messages ?? 0;
    const topics = personalities[name].has;
    for (const topic of topics) camera.trigger({ topic, active: true });
    await until(() => (cameras.status()[0]?.messages ?? 0) >= before + topics.length, 30_000);
    const expected = new Set(topics.map((topic) => otherwise[name]?.[topic] ?? meanings[topic]).filter((kind) => kind !== 'fact'));
    const told = () =>
      new Set([
        ...deps.reports.filter(({ state }) => state !== 'inactive').map(({ kind }) => kind as string),
        ...deps.conditions
          .filter(({ state, kind }) => state === 'raised' && saidConditions.includes(kind))
          .map(({ kind }) => kind as string),
      ]);
    await until(() => [...expected].every((kind) => told().has(kind)));
    expect([...told()].filter((kind) => !expected.has(kind))).toEqual([]);
    expect(cameras.status()[0]).toMatchObject({ unknownTopics: {}, unknownValues: {} });
    expect(cameras.topics(undefined).every(({ state }) => state === 'known')).toBe(true);
  });
});
