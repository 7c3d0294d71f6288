// What ails a camera, told as conditions, and how its loop recovers.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openFakeCamera, type Script } from './fake-camera.ts';
import { cameraDevice, openFakeDeps, openFakeStore, until } from './fake-deps.ts';
import { listening, login, move, stateOf, watchOver } from './watched.ts';

describe.concurrent('conditions', () => {
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
        ko: expect.stringMatching(/^\p{Script=Hangul}[^:]*\. .*\p{Script=Hangul}/u),
        en: expect.stringMatching(/^The camera [^\p{Script=Hangul}]{20,}$/u),
      });
      expect(site.deps.conditions.at(-1)?.detail).toContain('127.0.0.1');
      expect(JSON.stringify(site.deps.conditions.map(({ message }) => message))).not.toContain('127.0.0.1');
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
