// Asking cameras at length: after they were connected to, when a person wants it, by the calendar, and told once.
import { describe, expect, it } from 'vitest';
import { openFakeCamera, type Script } from './fake-camera.ts';
import { openFakeDeps, openFakeStore, until } from './fake-deps.ts';
import { input, stateOf, watchOver } from './watched.ts';

const signal = new AbortController().signal;
const network = (mac: string): Script['answers'] => ({
  GetNetworkInterfaces: `<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>${mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`,
});
const microphone = '<tr2:AudioEncoder token="aac"/>';

describe('refresh', () => {
  it('asks a camera at length once it is online, and tells what it can do', async () => {
    await using camera = await openFakeCamera({ answers: network('00:09:18:a1:b2:c3') });
    await using site = watchOver(camera);
    await until(() => site.deps.features.length === 1);
    expect(site.deps.features[0]).toEqual({ relays: 0, inputs: 0, microphone: false, soundDetection: false, https: false, rtsps: false });
    expect(site.deps.identities.at(-1)?.identity.mac).toBe('00:09:18:a1:b2:c3');
    expect(site.cameras.profile('cam-1')?.details?.mac).toBe('00:09:18:a1:b2:c3');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(camera.calls.filter((call) => call === 'GetNetworkInterfaces')).toHaveLength(1);
    expect(stateOf(site)).toBe('online');
    expect(camera.failedLogins).toBe(0);
  }, 15_000);

  it('tells of a microphone that is on, once, and of its end when a person asks again', async () => {
    await using camera = await openFakeCamera({ inProfiles: { media1: '', media2: microphone } });
    await using site = watchOver(camera);
    await until(() => site.deps.standing().includes('microphone-on'));
    await site.cameras.refresh('cam-1', signal);
    expect(site.deps.conditions.filter(({ kind }) => kind === 'microphone-on')).toHaveLength(1);
    camera.script.inProfiles = { media1: '', media2: '' };
    expect(await site.cameras.refresh('cam-1', signal)).toMatchObject({ result: 'ok' });
    expect(site.deps.standing()).toEqual([]);
  }, 15_000);

  it('notices another firmware after a reboot', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await until(() => site.deps.features.length === 1);
    camera.script.firmware = '6.00';
    camera.reboot();
    await camera.close();
    await camera.reopen();
    await until(() => site.deps.features.length === 2, 15_000);
    expect(site.deps.identities.at(-1)?.identity.firmware).toBe('6.00');
  }, 30_000);

  it('connects anew when the video sources are others', async () => {
    await using camera = await openFakeCamera();
    await using site = watchOver(camera);
    await until(() => site.deps.features.length === 1);
    camera.script.media2 = false;
    const before = camera.calls.filter((call) => call === 'GetServices').length;
    await site.cameras.refresh('cam-1', signal);
    expect(site.deps.identities.at(-1)?.channels[0]?.codecs).toEqual(['H264', 'JPEG']);
    expect(camera.calls.filter((call) => call === 'GetServices').length).toBeGreaterThan(before);
    expect(stateOf(site)).toBe('online');
  }, 15_000);

  it('says so when the camera does not answer, and no failed login comes of a right that its user lacks', async () => {
    let denied = 0;
    await using camera = await openFakeCamera({
      intercept(call, response) {
        if (call !== 'GetNetworkInterfaces') return false;
        denied += 1;
        response.writeHead(401, { 'WWW-Authenticate': 'Digest realm="cam", qop="auth", nonce="x"' }).end();
        return true;
      },
    });
    await using site = watchOver(camera);
    await until(() => site.deps.features.length === 1);
    expect(denied).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(stateOf(site)).toBe('online');
    await camera.close();
    expect(await site.cameras.refresh('cam-1', signal)).toMatchObject({ result: 'failed', failure: { kind: 'unreachable' } });
    await expect(site.cameras.refresh('cam-2', signal)).rejects.toMatchObject({ code: 'cameras.unknown' });
  }, 15_000);

  it('asks no further with a password that is wrong since a moment ago', async () => {
    const head = '<tr2:PTZ token="ptz"><tt:NodeToken>node</tt:NodeToken></tr2:PTZ>';
    const services = ['ver10/deviceIO', 'ver20/ptz', 'ver20/analytics'];
    const inProfiles = { media1: '', media2: `${head}<tr2:Analytics token="va"/>` };
    await using camera = await openFakeCamera({ services, inProfiles });
    await using site = watchOver(camera, { options: { loginRetry: '1h' }, events: { pullWait: '30s' } });
    await until(() => site.deps.features.length === 1 && camera.bodies.some((body) => body.includes('<Timeout>PT30S<')));
    camera.script.intercept = (call) => {
      if (call === 'GetNetworkInterfaces') camera.script.password = 'new';
      return false;
    };
    expect(await site.cameras.refresh('cam-1', signal)).toMatchObject({ result: 'failed', failure: { kind: 'login-refused' } });
    // The nonce may only have been old; then whether it is a right that lacks.
    expect(camera.failedLogins).toBeLessThanOrEqual(3);
    camera.notify(input(true));
    // The pull that was under way was taken, which says nothing of the password now.
    await until(() => stateOf(site) === 'login-refused');
    expect(camera.failedLogins).toBeLessThanOrEqual(3);
  }, 15_000);

  it('keeps the numbers of video sources over a restart', async () => {
    await using camera = await openFakeCamera();
    await using store = openFakeStore();
    const first = watchOver(camera, { store });
    await until(() => stateOf(first) === 'online');
    await first.stop();
    expect(store.db.prepare('SELECT source, number FROM camera_source').all()).toEqual([{ source: 'src0', number: 1 }]);
    const deps = openFakeDeps(store);
    await using second = watchOver(camera, { deps });
    await until(() => stateOf(second) === 'online');
    expect(second.cameras.profile('cam-1')?.numbers).toEqual(new Map([['src0', 1]]));
    await second.cameras.remove('cam-1');
    expect(store.db.prepare('SELECT count(*) n FROM camera_source').get()).toEqual({ n: 0 });
  });
});
