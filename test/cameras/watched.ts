// One fake camera under supervision, and what it may say.
import { type Cameras, openCameras } from '#cameras';
import type { Store } from '#store';
import { type FakeCamera, message } from './fake-camera.ts';
import { cameraDevice, env, type FakeDeps, openFakeDeps, testOptions, until } from './fake-deps.ts';

export const login = { user: 'gate', password: 'p<&>w' };
const motion = 'tns1:RuleEngine/tns1:CellMotionDetector/Motion';
const source = { VideoSourceConfigurationToken: 'vsc0', Rule: 'r1' };
export const move = (active: boolean, operation = 'Changed', utcTime?: string) =>
  message(motion, operation, source, { IsMotion: String(active) }, utcTime);
export const input = (active: boolean, operation = 'Changed', utcTime?: string) =>
  message('tns1:Device/tns1:Trigger/tns1:DigitalInput', operation, { InputToken: '1' }, { LogicalState: String(active) }, utcTime);

/** These stories tell of motion, which stays at the site unless it is asked for. */
const motionIsAlarm = [{ kinds: ['motion'], as: 'alarm' }];

export interface Site extends AsyncDisposable {
  readonly cameras: Cameras;
  readonly deps: FakeDeps;
  stop(): Promise<void>;
}

/** One camera under supervision. */
export function watchOver(
  camera: FakeCamera,
  settings: { options?: object; events?: object; store?: Store; deps?: FakeDeps; password?: string } = {},
): Site {
  const deps = settings.deps ?? openFakeDeps(settings.store);
  const cameras = openCameras(testOptions({ ...settings.options }, { handling: motionIsAlarm, ...settings.events }), deps, env);
  cameras.add({
    device: cameraDevice('cam-1', camera.address),
    login: { ...login, ...(settings.password && { password: settings.password }) },
  });
  const stop = new AbortController();
  const done = cameras.service.run(stop.signal);
  const end = async () => {
    stop.abort();
    await done;
  };
  return { cameras, deps, stop: end, [Symbol.asyncDispose]: end };
}
export const stateOf = (site: Site) => site.cameras.status()[0]?.state;
export const listening = (camera: FakeCamera) =>
  until(() => camera.calls.filter((call) => call === 'PullMessages').length >= 2 || camera.calls.at(-1) === 'PullMessages');
