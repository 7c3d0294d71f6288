// Sets of logins at a camera under supervision: one failed login in a time, over sets and restarts, and the one that works is kept.
import { describe, expect, it } from 'vitest';
import { openCameras } from '#cameras';
import type { OpenedCredentialSet } from '#model';
import { type FakeCamera, openFakeCamera } from '../fake-camera.ts';
import { cameraDevice, env, openFakeDeps, openFakeStore, testOptions, until } from '../fake-deps.ts';

const right = { user: 'gate', password: 'p<&>w' };
const set = (name: string, password: string): OpenedCredentialSet => ({
  name,
  position: 0,
  scope: { ranges: [], makers: [], macs: [] },
  login: { user: 'gate', password },
});

function watch(
  camera: FakeCamera,
  settings: { sets: OpenedCredentialSet[]; own?: typeof right; store?: ReturnType<typeof openFakeStore>; loginRetry?: string },
) {
  const deps = { ...openFakeDeps(settings.store), credentials: async () => settings.sets };
  const cameras = openCameras(testOptions({ loginRetry: settings.loginRetry ?? '1s' }), deps, env);
  cameras.add({ device: cameraDevice('cam-1', camera.address), login: settings.own });
  const stop = new AbortController();
  const done = cameras.service.run(stop.signal);
  const end = async () => {
    stop.abort();
    await done;
  };
  return { cameras, deps, end, [Symbol.asyncDispose]: end, state: () => cameras.status()[0]?.state };
}

/** Monotonic times of the failed logins. */
function failures(camera: FakeCamera) {
  const times: number[] = [];
  let seen = 0;
  const timer = setInterval(() => {
    for (; seen < camera.failedLogins; seen += 1) times.push(performance.now());
  }, 5);
  return { times, [Symbol.dispose]: () => clearInterval(timer) };
}

describe('sets of logins under supervision', () => {
  it.each(['digest-md5', 'username-token'] as const)(
    'tries one after another, never two failures in the time (%s)',
    async (authentication) => {
      await using camera = await openFakeCamera({ authentication });
      using failed = failures(camera);
      await using site = watch(camera, { sets: [set('a', 'wrong'), set('b', 'also wrong'), set('c', right.password)] });
      await until(() => site.state() === 'online', 15_000);
      expect(camera.failedLogins).toBe(2);
      await until(() => failed.times.length === 2);
      expect((failed.times[1] ?? 0) - (failed.times[0] ?? 0)).toBeGreaterThan(950);
      expect(site.deps.standing()).toEqual([]);
      expect(await site.cameras.source('cam-1', 1, 'main')).toMatchObject(right);
    },
    20_000,
  );

  it('goes on to the sets when its own login is refused, and waits in between', async () => {
    await using camera = await openFakeCamera();
    await using site = watch(camera, { sets: [set('a', right.password)], own: { user: 'gate', password: 'old' } });
    const began = performance.now();
    await until(() => site.state() === 'online', 15_000);
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(camera.failedLogins).toBe(1);
  }, 20_000);

  it('begins with the set that worked, after a restart', async () => {
    await using camera = await openFakeCamera();
    await using store = openFakeStore();
    const sets = [set('a', 'wrong'), set('b', right.password)];
    const first = watch(camera, { sets, store });
    await until(() => first.state() === 'online', 15_000);
    await first.end();
    expect(camera.failedLogins).toBe(1);
    await using second = watch(camera, { sets, store });
    await until(() => second.state() === 'online');
    expect(camera.failedLogins).toBe(1);
  }, 20_000);

  it('waits over a restart before it tries the next', async () => {
    await using camera = await openFakeCamera();
    await using store = openFakeStore();
    const sets = [set('a', 'wrong'), set('b', 'also wrong')];
    const first = watch(camera, { sets, store, loginRetry: '1h' });
    await until(() => first.state() === 'login-refused');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await first.end();
    await using second = watch(camera, { sets: sets.toReversed(), store, loginRetry: '1h' });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(camera.failedLogins).toBe(1);
    expect(second.state()).not.toBe('online');
  });

  it('takes a set that is entered later, at once when no login was refused', async () => {
    await using camera = await openFakeCamera();
    const sets: OpenedCredentialSet[] = [];
    await using site = watch(camera, { sets, loginRetry: '1h' });
    await until(() => site.state() === 'login-refused');
    sets.push(set('a', right.password));
    site.cameras.retryLogins();
    await until(() => site.state() === 'online');
    expect(camera.failedLogins).toBe(0);
  });

  it('follows a password that was changed on the camera to the set that has it', async () => {
    await using camera = await openFakeCamera();
    await using site = watch(camera, { sets: [set('a', right.password), set('b', 'next year')] });
    await until(() => site.state() === 'online');
    camera.script.password = 'next year';
    camera.reboot();
    await camera.close();
    await camera.reopen();
    await until(() => site.state() !== 'online', 10_000);
    await until(() => site.state() === 'online', 15_000);
    expect(camera.failedLogins).toBe(1);
    expect(await site.cameras.source('cam-1', 1, 'main')).toMatchObject({ password: 'next year' });
  }, 30_000);
});
