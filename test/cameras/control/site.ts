// A control over one virtual camera, reached over a session of its own.

import { type CameraControl, type HeadNews, type HeadRule, openControl, openControlWorld } from '../../../src/cameras/control/index.ts';
import { controlOptions } from '../../../src/cameras/control-options.ts';
import { identifyCamera } from '../../../src/cameras/onvif/index.ts';
import { openLoginGate, openSession } from '../../../src/cameras/soap/index.ts';
import { natureOf, openFleet, type SimulatedCamera } from '../../../src/simulator/cameras/index.ts';
import { env } from '../fake-deps.ts';

export interface ControlSite extends AsyncDisposable {
  readonly camera: SimulatedCamera;
  readonly control: CameraControl;
  readonly news: HeadNews[];
  rule: HeadRule;
  /** The gateway stops. */
  close(): Promise<void>;
}

export const anyone = { camera: 'cam-1', channel: 1 } as const;
export const hub = { ...anyone, holder: 'grant:1' } as const;
export const technician = { ...anyone, holder: 'cli:kim' } as const;

/** Opens the camera and what controls it. */
export async function openControlSite(options: object = {}, nature: Parameters<typeof natureOf>[0] = {}): Promise<ControlSite> {
  await using stack = new AsyncDisposableStack();
  const said = natureOf({ ptz: true, ...nature }, 0, { host: '127.0.0.1', port: 0 });
  const fleet = stack.use(await openFleet({ cameras: [said], rtspPort: 0, discoveryPort: undefined }, env));
  const [camera] = fleet.cameras;
  if (!camera) throw new Error('no camera');
  const base = new URL(`http://${camera.address}/onvif/device_service`);
  const limits = { requestTimeout: 2000, maxReply: 1_000_000 };
  const gate = openLoginGate({ loginRetry: 60_000 }, env.clock);
  const session = stack.use(openSession(limits, { base, login: camera.login, gate }, env));
  const known = await identifyCamera(session, AbortSignal.timeout(5000));
  if (known.result === 'failed') throw new Error(known.failure.detail.en);
  const closed = new AbortController();
  const news: HeadNews[] = [];
  const site = { rule: { policy: 'allowed', returnTo: '' } as HeadRule };
  const world = openControlWorld(
    { find: () => ({ session, profile: known.profile }), known: () => [{ id: 'cam-1', session, profile: known.profile }] },
    closed.signal,
    env,
  );
  const deps = { headRule: () => site.rule, headNews: (_camera: string, _channel: number, one: HeadNews) => void news.push(one) };
  const control = openControl({ ...controlOptions.parse({ idleLook: '500ms', ...options }), clockTolerance: 5000 }, deps, world);
  const close = async (): Promise<void> => {
    await control.close();
    closed.abort();
  };
  stack.defer(close);
  const owned = stack.move();
  return Object.assign(site, { camera, control, news, close, [Symbol.asyncDispose]: () => owned.disposeAsync() });
}

/** What the fault of a refusal or failure is called; `done` of neither. */
export function codeOf(outcome: { readonly result: string; readonly fault?: { readonly code: string } }): string {
  return outcome.fault ? `${outcome.result} ${outcome.fault.code}` : outcome.result;
}

/** Another client of the camera, as a centre's operator has one: past the gateway. */
export async function openOperator(
  camera: SimulatedCamera,
): Promise<AsyncDisposable & { drive(pan: number): Promise<void>; stop(): Promise<void> }> {
  await using stack = new AsyncDisposableStack();
  const { openHeadCalls } = await import('../../../src/cameras/control/calls.ts');
  const { openPackage, findServices } = await import('../../../src/cameras/onvif/index.ts');
  const base = new URL(`http://${camera.address}/onvif/device_service`);
  const gate = openLoginGate({ loginRetry: 60_000 }, env.clock);
  const session = stack.use(openSession({ requestTimeout: 2000, maxReply: 1_000_000 }, { base, login: camera.login, gate }, env));
  const signal = new AbortController().signal;
  const known = await identifyCamera(session, signal);
  const profile = known.result === 'ok' ? (known.profile.channels[0]?.ptz?.profile ?? '') : '';
  const calls = openPackage(session, signal);
  await findServices(calls);
  const head = openHeadCalls(calls, profile);
  const owned = stack.move();
  return {
    drive: async (pan) => void (await head.drive({ pan }, 60_000)),
    stop: async () => void (await head.stop()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
