// The audit of factory logins: at most one failed login in a time, beside a camera that is heard, and what is found stays found.
import { describe, expect, it } from 'vitest';
import { openCameras } from '#cameras';
import { factoryLogins } from '../../../src/cameras/credentials/factory-logins.ts';
import { type FakeCamera, openFakeCamera } from '../fake-camera.ts';
import { cameraDevice, env, openFakeDeps, openFakeStore, testOptions, until } from '../fake-deps.ts';

const right = { user: 'gate', password: 'p<&>w' };

function watch(camera: FakeCamera, settings: { login?: typeof right; options?: object; store?: ReturnType<typeof openFakeStore> } = {}) {
  const deps = openFakeDeps(settings.store);
  const cameras = openCameras(testOptions({ loginRetry: '1s', ...settings.options }), deps, env);
  cameras.add({ device: cameraDevice('cam-1', camera.address), login: settings.login ?? right });
  const stop = new AbortController();
  const done = cameras.service.run(stop.signal);
  const end = async () => {
    stop.abort();
    await done;
  };
  const row = () => cameras.audit.rows()[0];
  return { cameras, deps, end, row, [Symbol.asyncDispose]: end, online: () => until(() => cameras.status()[0]?.state === 'online') };
}

describe('factory logins', () => {
  it.each([
    ['Hanwha Vision', '4321'],
    ['HIKVISION', '12345'],
    ['Axis Communications', 'pass'],
    ['somebody', 'admin'],
    ['', 'admin'],
  ])('of %s', (maker, password) => {
    expect(factoryLogins(maker)[0]?.password).toBe(password);
    expect(factoryLogins(maker).length).toBeLessThanOrEqual(3);
  });
});

describe('the audit', () => {
  it('finds a clean camera clean, with one failed login at a time, and it goes on being heard', async () => {
    await using camera = await openFakeCamera();
    await using site = watch(camera);
    await site.online();
    const began = performance.now();
    expect(site.cameras.audit.start(['cam-1', 'nobody'])).toBe(1);
    expect(site.cameras.audit.start(['cam-1'])).toBe(0);
    await until(() => site.row()?.state === 'clean', 15_000);
    expect(site.row()).toEqual({ camera: 'cam-1', state: 'clean', tried: 3, of: 3 });
    expect(camera.failedLogins).toBe(3);
    expect(performance.now() - began).toBeGreaterThan(2000);
    expect(site.deps.standing()).toEqual([]);
    expect(site.cameras.status()[0]?.state).toBe('online');
  }, 20_000);

  it('quarantines a camera that takes one, over a restart, until it is clean', async () => {
    await using camera = await openFakeCamera({ user: 'admin', password: 'admin' });
    await using store = openFakeStore();
    const withhold = { factoryLogins: 'withhold' };
    const first = watch(camera, { login: { user: 'admin', password: 'admin' }, store, options: withhold });
    await first.online();
    first.cameras.audit.start(['cam-1']);
    await until(() => first.row()?.state === 'factory-login');
    // Its own login is one of them: nothing had to be tried.
    expect(first.row()?.tried).toBe(0);
    expect(first.deps.standing()).toEqual(['factory-login']);
    await expect(first.cameras.source('cam-1', 1, 'main')).rejects.toMatchObject({ code: 'cameras.quarantined' });
    await first.end();
    camera.script.user = right.user;
    camera.script.password = right.password;
    await using second = watch(camera, { store, options: withhold });
    await second.online();
    await expect(second.cameras.source('cam-1', 1, 'main')).rejects.toMatchObject({ code: 'cameras.quarantined' });
    second.cameras.audit.start(['cam-1']);
    await until(() => second.row()?.state === 'clean', 15_000);
    expect(await second.cameras.source('cam-1', 1, 'main')).toMatchObject(right);
  }, 30_000);

  it('tells and goes on where it shall only be marked', async () => {
    await using camera = await openFakeCamera({ user: 'admin', password: '12345' });
    await using site = watch(camera, { login: { user: 'admin', password: '12345' } });
    await site.online();
    site.cameras.audit.start(['cam-1']);
    await until(() => site.cameras.audit.isQuarantined('cam-1'));
    expect(await site.cameras.source('cam-1', 1, 'main')).toMatchObject({ user: 'admin' });
    await site.cameras.remove('cam-1');
    expect(site.cameras.audit.isQuarantined('cam-1')).toBe(false);
  });

  it('says that a camera is open to everybody, and which it could not ask', async () => {
    await using camera = await openFakeCamera({ authentication: 'none' });
    await using site = watch(camera);
    await site.online();
    site.cameras.audit.start(['cam-1']);
    await until(() => site.row()?.state === 'open');
    expect(site.deps.standing()).toEqual(['factory-login']);
    await camera.close();
    site.cameras.audit.start(['cam-1']);
    await until(() => site.row()?.state === 'unreachable');
    expect(site.cameras.audit.isQuarantined('cam-1')).toBe(true);
  });

  it('leaves a camera alone that has locked the account', async () => {
    await using camera = await openFakeCamera({
      intercept: (call, response, request) =>
        call === 'GetDeviceInformation' &&
        !request.headers.authorization?.includes('username="gate"') &&
        Boolean(response.writeHead(423).end()),
    });
    await using site = watch(camera);
    await site.online();
    site.cameras.audit.start(['cam-1']);
    await until(() => site.row()?.state === 'locked');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(site.row()?.tried).toBe(1);
  });
});
