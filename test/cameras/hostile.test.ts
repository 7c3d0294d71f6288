// Cameras that would take more than their share: one that answers slowly at every step, and one that always has something to say.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { message, openFakeCamera } from './fake-camera.ts';
import { cameraDevice, until } from './fake-deps.ts';
import { login, watchOver } from './watched.ts';

it('lets others be connected to while one camera takes its time with every answer', async () => {
  await using slow = await openFakeCamera();
  slow.script.intercept = (call, response) => {
    if (call !== 'GetServices' && call !== 'GetCapabilities') return false;
    const status = call === 'GetServices' ? 200 : 401;
    const challenge = { 'WWW-Authenticate': 'Digest realm="cam", qop="auth", nonce="x", stale=true' };
    setTimeout(() => response.writeHead(status, challenge).write('<a>'), 800);
    setTimeout(() => response.end('</a>'), 1600);
    return true;
  };
  await using quick = await openFakeCamera();
  await using site = watchOver(slow, { options: { attempts: 1 } });
  const stateOf = (camera: string) => site.cameras.status().find(({ id }) => id === camera)?.state;
  await until(() => slow.calls.includes('GetServices'));
  site.cameras.add({ device: cameraDevice('cam-2', quick.address), login });
  await until(() => stateOf('cam-2') === 'online', 30_000);
  expect(stateOf('cam-1')).toBe('connecting');
}, 40_000);

it('asks a camera that always has something to say no more than fifty times a second', async () => {
  await using camera = await openFakeCamera();
  await using _site = watchOver(camera);
  await until(() => camera.calls.includes('PullMessages'));
  const one = message('tns1:Nobody/Knows', 'Changed', {}, { State: 'true' });
  camera.script.intercept = (call) => {
    if (call === 'PullMessages') camera.notify(one);
    return false;
  };
  camera.notify(one);
  const before = camera.calls.length;
  await sleep(2000);
  expect(camera.calls.length - before).toBeLessThan(110);
  expect(camera.calls.length - before).toBeGreaterThan(2);
});
