import { describe, expect, it } from 'vitest';
import { BongsuError } from '#base';
import { openCameras } from '#cameras';
import { message, openFakeCamera, type Script } from './fake-camera.ts';
import { cameraDevice, env, openFakeDeps, openFakeStore, testOptions, until } from './fake-deps.ts';
import { input, listening, login, move, stateOf, watchOver } from './watched.ts';

describe.concurrent('hearing a camera', () => {
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
    expect(new Set(site.deps.reports.map((report) => report.occurrence))).toEqual(new Set([undefined]));
    expect(camera.pullsAtOnce).toBe(1);
    expect(site.deps.identities).toMatchObject([{ id: 'cam-1', identity: { firmware: '5.10' }, channels: [{ number: 1, name: '정문' }] }]);
    expect(stateOf(site)).toBe('online');
    expect(site.deps.standing()).toEqual([]);
  });

  it('tells a contact that bounces within one second of the camera’s clock as it ends', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    const second = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    for (const active of [true, false, true]) camera.notify(input(active, 'Changed', second));
    await until(() => site.deps.reports.length === 3);
    expect([...site.deps.open.keys()]).toEqual(['input-1 digital-input']);
    camera.notify(message('tns1:Device/tns1:Trigger/tns1:DigitalInput', 'Changed', { InputToken: '1' }, { LogicalState: '' }));
    await until(() => site.cameras.status()[0]?.messages === 4);
    expect([...site.deps.open.keys()]).toEqual(['input-1 digital-input']);
    expect(site.cameras.status()[0]?.unknownValues).toEqual({ 'Device/Trigger/DigitalInput LogicalState=': 1 });
  });

  it('tells three pulses of one second as three, and of a flood the first 60', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await listening(camera);
    const second = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const crossed = (id: string) => message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: id }, second);
    for (let index = 0; index < 3; index += 1) camera.notify(crossed('7'));
    await until(() => site.deps.reports.length === 3);
    expect(new Set(site.deps.reports.map((report) => report.occurrence)).size).toBe(3);
    expect(new Set(site.deps.reports.map((report) => report.occurrenceKind))).toEqual(new Set(['derived']));
    for (let index = 0; index < 80; index += 1) camera.notify(crossed(`8-${index}`));
    await until(() => site.cameras.status()[0]?.messages === 83);
    expect(site.deps.reports).toHaveLength(60);
  });

  it('raises with its next word what a person has ended, also when it is asked after a break', async () => {
    await using camera = await openFakeCamera({ properties: () => [move(true, 'Initialized')] });
    await using site = watchOver(camera);
    const raised = (count: number) => until(() => site.deps.reports.filter(({ state }) => state === 'active').length === count);
    const end = () => {
      site.deps.open.clear();
      site.cameras.ended({ device: 'cam-1', channel: '1', kind: 'motion' });
      site.cameras.ended({ device: 'unknown', channel: '1', kind: 'motion' });
    };
    await raised(1);
    end();
    camera.notify(move(true));
    await raised(2);
    end();
    camera.reboot();
    await raised(3);
    expect(site.deps.reports).toHaveLength(3);
  });

  it('does not take an open test for an alarm', async () => {
    await using camera = await openFakeCamera({ properties: () => [move(true, 'Initialized')] });
    const deps = openFakeDeps();
    const openAlarms = deps.openAlarms;
    deps.openAlarms = async (id) => (await openAlarms(id)).map((alarm) => ({ ...alarm, test: true }));
    await deps.report({
      device: 'cam-1',
      channel: '1',
      kind: 'motion',
      state: 'active',
      occurrence: undefined,
      time: 1,
      clockQuality: 'receipt',
    });
    await using _site = watchOver(camera, { deps });
    await until(() => deps.reports.length === 2);
    expect(deps.reports[1]).toMatchObject({ kind: 'motion', state: 'active' });
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
    for (const { message: words } of site.deps.conditions) {
      expect(words.ko).toMatch(/^카메라가 [^A-Z]+알렸습니다\. .{20,}\.$/);
      expect(words.en).toMatch(/^The camera says that [^.]+\. .{20,}\.$/);
    }
    expect(site.deps.conditions.map(({ detail }) => detail)).toEqual(['VideoSource/SignalLoss', 'Device/HardwareFailure/StorageFailure']);
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

  it('gives its subscription back when the camera is removed, and on a stop if it should', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera, { events: { releaseOnStop: true } });
    await listening(camera);
    await site.cameras.remove('cam-1');
    expect(camera.subscriptions.size).toBe(0);
    site.cameras.add({ device: cameraDevice('cam-1', camera.address), login });
    // Until we know it too, and not only the camera.
    await until(() => (site.cameras.status()[0]?.pulls ?? 0) > 0);
    expect(camera.subscriptions.size).toBe(1);
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

describe.concurrent('states after a break', () => {
  it('resumes the pull point of before a restart and loses nothing', async () => {
    await using camera = await openFakeCamera();
    await using store = openFakeStore();
    const deps = openFakeDeps(store);
    const first = watchOver(camera, { deps });
    await listening(camera);
    await first.stop();
    // The camera sees that the connection of the last pull is gone.
    await new Promise((resolve) => setTimeout(resolve, 100));
    camera.notify(message('tns1:RuleEngine/LineDetector/Crossed', '', { VideoSource: 'src0' }, { ObjectId: '9' }));
    await using second = watchOver(camera, { deps });
    await until(() => deps.reports.length === 1);
    expect(second.cameras.status()[0]).toMatchObject({ subscriptionsCreated: 0, subscriptionsResumed: 1 });
    expect(camera.subscriptions.size).toBe(1);
    expect(second.cameras.status()[0]?.breaks.count).toBe(0);
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
    expect(cameras.status()).toMatchObject([{ id: 'r', state: 'connecting', channels: 1 }]);
  });
});
