import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { BongsuError } from '#base';
import { type Cameras, openCameras } from '#cameras';
import type { Store } from '#store';
import { type FakeCamera, message, openFakeCamera, type Script } from './fake-camera.ts';
import { cameraDevice, env, type FakeDeps, openFakeDeps, openFakeStore, testOptions, until } from './fake-deps.ts';

const login = { user: 'gate', password: 'p<&>w' };
const motion = 'tns1:RuleEngine/tns1:CellMotionDetector/Motion';
const source = { VideoSourceConfigurationToken: 'vsc0', Rule: 'r1' };
const move = (active: boolean, operation = 'Changed', utcTime?: string) =>
  message(motion, operation, source, { IsMotion: String(active) }, utcTime);
const input = (active: boolean, operation = 'Changed') =>
  message('tns1:Device/tns1:Trigger/tns1:DigitalInput', operation, { InputToken: '1' }, { LogicalState: String(active) });

interface Site extends AsyncDisposable {
  readonly cameras: Cameras;
  readonly deps: FakeDeps;
  stop(): Promise<void>;
}

/** One camera under supervision. */
function watchOver(
  camera: FakeCamera,
  settings: { options?: object; events?: object; store?: Store; deps?: FakeDeps; password?: string } = {},
): Site {
  const deps = settings.deps ?? openFakeDeps(settings.store);
  const cameras = openCameras(testOptions({ ...settings.options }, { ...settings.events }), deps, env);
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
const stateOf = (site: Site) => site.cameras.status()[0]?.state;
const listening = (camera: FakeCamera) =>
  until(() => camera.calls.filter((call) => call === 'PullMessages').length >= 2 || camera.calls.at(-1) === 'PullMessages');

describe('hearing a camera', () => {
  it.each(['digest-md5', 'digest-sha256', 'username-token'] as const)('raises and clears with %s', async (authentication) => {
    await using camera = await openFakeCamera({ authentication });
    await using site = watchOver(camera);
    await listening(camera);
    camera.notify(move(true));
    await until(() => site.deps.reports.length === 1);
    camera.notify(move(false));
    camera.notify(input(true));
    await until(() => site.deps.reports.length === 3);
    expect(site.deps.reports).toMatchObject([
      { device: 'cam-1', channel: '1', kind: 'motion', state: 'active', clockQuality: 'synchronised', detail: { Rule: 'r1' } },
      { channel: '1', kind: 'motion', state: 'inactive' },
      { channel: 'input-1', kind: 'digital-input', state: 'active' },
    ]);
    expect(new Set(site.deps.reports.map((report) => report.occurrence)).size).toBe(3);
    expect(camera.pullsAtOnce).toBe(1);
    expect(site.deps.identities).toMatchObject([{ id: 'cam-1', identity: { firmware: '5.10' }, channels: [{ number: 1, name: '정문' }] }]);
    expect(stateOf(site)).toBe('online');
    expect(site.deps.standing()).toEqual([]);
  });

  it('reports a pulse, counts what it does not know, ignores sound', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    camera.notify(message('tns1:AudioAnalytics/Audio/DetectedSound', 'Changed', {}, { isSoundDetected: 'true' }));
    camera.notify(message('tns1:Vendor/tns2:Strange', 'Changed', {}, { State: 'true' }));
    camera.notify(message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: '7' }));
    await until(() => site.deps.reports.length === 1);
    expect(site.deps.reports[0]).toMatchObject({ kind: 'line-crossing', state: 'pulse', channel: '1', detail: { ObjectId: '7' } });
    expect(site.cameras.status()[0]).toMatchObject({ messages: 3, unknownTopics: { 'Vendor/Strange': 1 } });
  });

  it('raises and clears conditions that the camera says', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    camera.notify(message('tns1:VideoSource/SignalLoss', 'Changed', { Source: 'src0' }, { State: 'true' }));
    camera.notify(message('tns1:Device/HardwareFailure/StorageFailure', 'Changed', { Token: 'sd' }, { Failed: '1' }));
    await until(() => site.deps.standing().length === 2);
    expect(site.deps.standing()).toEqual(['storage-failure storage-sd', 'video-loss 1']);
    camera.notify(message('tns1:VideoSource/SignalLoss', 'Changed', { Source: 'src0' }, { State: 'false' }));
    await until(() => site.deps.standing().length === 1);
  });

  it('corrects times by the clock and says that it is wrong', async () => {
    await using camera = await openFakeCamera({ clockOffsetMs: 3_600_000 });
    await using site = watchOver(camera);
    await listening(camera);
    camera.notify(move(true, 'Changed', new Date(Date.now() + 3_600_000).toISOString()));
    await until(() => site.deps.reports.length === 1);
    expect(site.deps.reports[0]?.clockQuality).toBe('corrected');
    expect(Math.abs((site.deps.reports[0]?.time ?? 0) - Date.now())).toBeLessThan(3000);
    expect(site.deps.standing()).toEqual(['clock-wrong']);
    camera.notify(message('tns1:VideoSource/MotionAlarm', 'Changed', { Source: 'src0' }, { State: '1' }, '0000-00-00T00:00:00Z'));
    await until(() => site.deps.reports.length === 2);
    expect(site.deps.reports[1]).toMatchObject({ clockQuality: 'receipt' });
  });

  it('commits before it pulls again, and tries a store that fails again', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    const entry = { message: { en: 'x', ko: 'x' }, hint: { en: 'x', ko: 'x' }, retryable: true };
    site.deps.fail = () => new BongsuError('store.failed', entry);
    camera.notify(move(true));
    const pulls = camera.calls.filter((call) => call === 'PullMessages').length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(camera.calls.filter((call) => call === 'PullMessages').length).toBe(pulls);
    site.deps.fail = undefined;
    await until(() => site.deps.reports.length === 1);
  });

  const quirks: readonly (readonly [string, Partial<Script>, object])[] = [
    ['allows short pulls only', { maxTimeoutS: 1 }, {}],
    ['knows absolute times only', { absoluteTimeOnly: true }, {}],
    ['wants its SubscriptionId back', { subscriptionId: 'id 7' }, {}],
    ['closes pulls early', { closeAfterMs: 2100 }, {}],
    ['has no Media2', { media2: false }, {}],
    ['knows GetCapabilities only', { oldServices: true }, {}],
    ['forgets nonces', { nonceUses: 3 }, {}],
  ];
  it.each(quirks)('hears a camera that %s', async (_, script) => {
    await using camera = await openFakeCamera(script);
    await using site = watchOver(camera);
    await listening(camera);
    if (script.closeAfterMs) await new Promise((resolve) => setTimeout(resolve, 5000));
    camera.notify(move(true));
    await until(() => site.deps.reports.length === 1);
    expect(stateOf(site)).toBe('online');
    expect(site.deps.conditions).toEqual([]);
    expect(site.cameras.status()[0]?.subscriptionsCreated).toBe(1);
  });

  it('renews at 80 % of what the camera grants', async () => {
    await using camera = await openFakeCamera({ lifetimeS: 10, maxTimeoutS: 60 });
    await using site = watchOver(camera);
    await until(() => camera.calls.includes('Renew'), 12_000);
    expect(stateOf(site)).toBe('online');
  }, 15_000);

  it('gives its subscription back when the camera is removed or the daemon stops', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    await site.cameras.remove('cam-1');
    expect(camera.subscriptions.size).toBe(0);
    site.cameras.add({ device: cameraDevice('cam-1', camera.address), login });
    await until(() => camera.subscriptions.size === 1);
    await site.stop();
    expect(camera.subscriptions.size).toBe(0);
  });

  it('replaces a camera whose login changed', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera, { password: 'wrong' });
    await until(() => site.deps.standing().includes('camera-login-refused'));
    site.cameras.add({ device: cameraDevice('cam-1', camera.address), login });
    await until(() => stateOf(site) === 'online');
    expect(camera.failedLogins).toBe(1);
    expect(site.deps.standing()).toEqual([]);
  });
});

describe('states after a break', () => {
  it('resumes the pull point of before a restart and loses nothing', async () => {
    await using camera = await openFakeCamera();
    await using store = openFakeStore();
    const deps = openFakeDeps(store);
    const first = watchOver(camera, { deps, events: { releaseOnStop: false } });
    await listening(camera);
    await first.stop();
    // The camera sees that the connection of the last pull is gone.
    await new Promise((resolve) => setTimeout(resolve, 100));
    camera.notify(message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: '9' }));
    await using second = watchOver(camera, { deps });
    await until(() => deps.reports.length === 1);
    expect(second.cameras.status()[0]).toMatchObject({ subscriptionsCreated: 0, subscriptionsResumed: 1 });
    expect(camera.calls.filter((call) => call === 'CreatePullPointSubscription')).toHaveLength(1);
  });

  it('clears what ended meanwhile once, and does not raise again what still stands', async () => {
    await using camera = await openFakeCamera();
    const deps = openFakeDeps();
    await using site = watchOver(camera, { deps });
    await listening(camera);
    camera.notify(move(true));
    camera.notify(input(true));
    await until(() => deps.reports.length === 2);
    camera.script.properties = () => [move(false, 'Initialized'), input(true, 'Initialized')];
    camera.reboot();
    camera.notify(move(true));
    await camera.close();
    await camera.reopen();
    await until(() => deps.reports.length === 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(deps.reports.slice(2)).toMatchObject([{ kind: 'motion', state: 'inactive' }]);
    expect([...deps.open.keys()]).toEqual(['input-1 digital-input']);
    await site.stop();
    // The same in a new daemon, which knows the open alarms only.
    camera.script.properties = () => [move(true, 'Initialized'), input(false, 'Initialized')];
    await using next = watchOver(camera, { deps });
    await until(() => deps.reports.length === 5);
    expect(
      deps.reports
        .slice(3)
        .map((report) => `${report.kind} ${report.state}`)
        .toSorted(),
    ).toEqual(['digital-input inactive', 'motion active']);
    expect(stateOf(next)).toBe('online');
  });
});

describe('conditions', () => {
  it('reports a camera that is gone as lost, and clears it when it is back', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    await camera.close();
    await until(() => site.deps.standing().includes('camera-lost'));
    expect(stateOf(site)).toBe('lost');
    expect(site.cameras.status()[0]?.message).toEqual({
      ko: expect.stringMatching(/^카메라에 연결할 수 없습니다: .*ECONNREFUSED/),
      en: expect.stringMatching(/^The camera cannot be reached: .*ECONNREFUSED/),
    });
    await camera.reopen();
    await until(() => stateOf(site) === 'online');
    expect(site.deps.standing()).toEqual([]);
  });

  it('waits for several failures before it says so', async () => {
    await using camera = await openFakeCamera();
    await camera.close();
    await using site = watchOver(camera, { options: { lostAfter: 3, retryMin: '300ms', retryMax: '1s' } });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(site.deps.standing()).toEqual([]);
    await until(() => site.deps.standing().includes('camera-lost'));
  });

  it.each(['digest-md5', 'username-token'] as const)('tries a refused login once (%s), also over a restart', async (authentication) => {
    await using camera = await openFakeCamera({ authentication });
    await using store = openFakeStore();
    const deps = openFakeDeps(store);
    const first = watchOver(camera, { deps, password: 'wrong' });
    await until(() => deps.standing().includes('camera-login-refused'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(camera.failedLogins).toBe(1);
    await first.stop();
    await using second = watchOver(camera, { deps, password: 'wrong' });
    await until(() => stateOf(second) === 'login-refused');
    expect(camera.failedLogins).toBe(1);
  });

  it('tries again after cameras.loginRetry and recovers', async () => {
    await using camera = await openFakeCamera();
    camera.script.password = 'other';
    await using site = watchOver(camera, { options: { loginRetry: '2s' } });
    await until(() => stateOf(site) === 'login-refused');
    camera.script.password = login.password;
    await until(() => stateOf(site) === 'online', 13_000);
    expect(camera.failedLogins).toBe(1);
    expect(site.deps.standing()).toEqual([]);
  }, 20_000);

  const raw =
    (text: string): Script['intercept'] =>
    (call, response) => {
      if (call !== 'PullMessages') return false;
      response.end(text);
      return true;
    };
  const troubles: readonly (readonly [string, Script['intercept'], string])[] = [
    ['garbage', raw('\u0001 no xml'), 'camera-fault'],
    ['1 MB of XML', raw(`<a>${'<b/>'.repeat(300_000)}</a>`), 'camera-fault'],
    ['10,000 nested elements', raw('<a>'.repeat(10_000)), 'camera-fault'],
    ['nothing', (call) => call === 'PullMessages', 'camera-lost'],
    [
      'huge headers',
      (call, response) =>
        call === 'PullMessages' && Boolean((response.socket as Socket).end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(50_000)}\r\n\r\n`)),
      'camera-fault',
    ],
    [
      '401 for ever',
      (call, response) =>
        call === 'PullMessages' &&
        Boolean(response.writeHead(401, { 'WWW-Authenticate': 'Digest realm="cam", nonce="n", qop="auth"' }).end()),
      'camera-login-refused',
    ],
    ['a closed connection', (call, response) => call === 'PullMessages' && Boolean(response.destroy()), 'camera-lost'],
  ];
  it.each(troubles)(
    'a pull that is answered with %s is a condition, and the loop recovers',
    async (_, intercept, kind) => {
      await using camera = await openFakeCamera({ intercept });
      await using site = watchOver(camera, { options: { loginRetry: '2s', requestTimeout: '500ms' }, events: { pullWait: '1s' } });
      await until(() => site.deps.standing().includes(kind));
      expect(site.deps.conditions.at(-1)?.message).toEqual({
        ko: expect.stringMatching(/\p{Script=Hangul}.*: .*\. .*\p{Script=Hangul}/u),
        en: expect.stringMatching(/^The camera [^\p{Script=Hangul}]{20,}$/u),
      });
      camera.script.intercept = undefined;
      await until(() => stateOf(site) === 'online', 13_000);
      expect(site.deps.standing()).toEqual([]);
      camera.notify(move(true));
      await until(() => site.deps.reports.length === 1);
    },
    20_000,
  );

  it('a camera without events is asked now and then', async () => {
    await using camera = await openFakeCamera({ events: false });
    await using site = watchOver(camera);
    await until(() => stateOf(site) === 'online');
    await camera.close();
    await until(() => stateOf(site) === 'lost');
    await camera.reopen();
    await until(() => stateOf(site) === 'online');
    expect(camera.calls).not.toContain('CreatePullPointSubscription');
  });

  it('one silent camera does not hold up another', async () => {
    await using silent = await openFakeCamera({ intercept: () => true });
    await using camera = await openFakeCamera();
    await using site = watchOver(silent, { options: { attempts: 2 } });
    site.cameras.add({ device: cameraDevice('cam-2', camera.address), login });
    await listening(camera);
    camera.notify(move(true));
    await until(() => site.deps.reports.length === 1);
    expect(site.deps.reports[0]?.device).toBe('cam-2');
  });
});

describe('addresses of pictures', () => {
  it('are told for main, sub and still', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await expect(site.cameras.source('cam-1', 1, 'main')).rejects.toMatchObject({ code: 'cameras.not-ready', retryable: true });
    await until(() => stateOf(site) === 'online');
    const main = { url: 'rtsp://127.0.0.1:8554/live/1.50?a=1&b=2', ...login };
    expect(await site.cameras.source('cam-1', 1, 'main')).toEqual(main);
    expect(await site.cameras.source('cam-1', 1, 'sub')).toMatchObject({ url: 'rtsp://127.0.0.1:8554/live/p2?a=1&b=2' });
    expect(await site.cameras.still('cam-1', 1)).toMatchObject({ url: `http://${camera.address}/snap/1.50.jpg` });
    await expect(site.cameras.source('cam-1', 2, 'main')).rejects.toMatchObject({ code: 'cameras.no-stream' });
    await expect(site.cameras.source('cam-9', 1, 'main')).rejects.toMatchObject({ code: 'cameras.unknown' });
  });

  it('are those of Media1 where there is no Media2', async () => {
    await using camera = await openFakeCamera({ media2: false });
    await using site = watchOver(camera);
    await until(() => stateOf(site) === 'online');
    expect(await site.cameras.source('cam-1', 1, 'main')).toMatchObject({ url: 'rtsp://127.0.0.1/m1/p1' });
    expect(await site.cameras.source('cam-1', 1, 'sub')).toMatchObject({ url: 'rtsp://127.0.0.1/m1/p1' });
    await expect(site.cameras.still('cam-1', 1)).rejects.toMatchObject({ code: 'cameras.no-still' });
  });

  it('of a camera without ONVIF is its own', async () => {
    const cameras = openCameras(testOptions(), openFakeDeps(), env);
    cameras.add({ device: cameraDevice('r', 'rtsp://me:p%40ss@10.0.0.9/live'), login: undefined });
    expect(await cameras.source('r', 1, 'sub')).toEqual({ url: 'rtsp://10.0.0.9/live', user: 'me', password: 'p@ss' });
    await expect(cameras.source('r', 2, 'main')).rejects.toMatchObject({ code: 'cameras.no-stream' });
    await expect(cameras.still('r', 1)).rejects.toMatchObject({ code: 'cameras.no-still' });
    expect(cameras.status()).toMatchObject([{ id: 'r', state: 'online', channels: 1 }]);
  });
});
