// Failed logins when the worst comes at the worst moment: a kill between a camera's refusal and its commit, a password that changes under two connections.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { composeEnvelope, openLoginGate, openSession } from '../../../src/cameras/soap/index.ts';
import { type FakeCamera, openFakeCamera } from '../fake-camera.ts';
import { env, openFakeDeps, openFakeStore, testOptions, until } from '../fake-deps.ts';
import { login, stateOf, watchOver } from '../watched.ts';

/** A store that commits nothing more as soon as `isDead` is true: what a kill leaves behind. */
function mortal(store: ReturnType<typeof openFakeStore>, isDead: () => boolean): ReturnType<typeof openFakeStore> {
  const procedures = store.procedures;
  const live: Record<string, (argument: never) => Promise<unknown>> = procedures(undefined as never);
  const dying = Object.fromEntries(
    Object.entries(live).map(([name, call]) => [
      name,
      async (argument: never) => {
        if (isDead()) throw new Error('killed');
        return call(argument);
      },
    ]),
  );
  return { ...store, procedures: () => dying as never };
}

it.each(['digest-md5', 'username-token'] as const)(
  'a login that was never taken fails once, whatever a kill forgets (%s)',
  async (authentication) => {
    await using camera = await openFakeCamera({ authentication });
    await using store = openFakeStore();
    const options = { loginRetry: '1h' };
    const settings = { password: 'wrong', options };
    const first = watchOver(camera, { ...settings, deps: openFakeDeps(mortal(store, () => camera.failedLogins > 0)) });
    await until(() => camera.failedLogins === 1);
    await sleep(50);
    await first.stop();
    await using second = watchOver(camera, { ...settings, deps: openFakeDeps(store) });
    await until(() => stateOf(second) === 'login-refused');
    await sleep(300);
    expect(camera.failedLogins).toBe(1);
  },
);

it('a login that was taken before is tried at once after a kill', async () => {
  await using camera = await openFakeCamera();
  await using store = openFakeStore();
  const options = { loginRetry: '1h' };
  const first = watchOver(camera, { options, deps: openFakeDeps(store) });
  await until(() => stateOf(first) === 'online');
  await first.stop();
  let dead = false;
  const second = watchOver(camera, { options, deps: openFakeDeps(mortal(store, () => dead)) });
  await until(() => camera.calls.filter((call) => call === 'GetServices').length >= 2);
  dead = true;
  await second.stop();
  await using third = watchOver(camera, { options, deps: openFakeDeps(store) });
  await until(() => stateOf(third) === 'online', 3000);
  expect(camera.failedLogins).toBe(0);
});

const question = composeEnvelope('<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>');

function talk(camera: FakeCamera) {
  const gate = openLoginGate({ loginRetry: 3_600_000 }, env.clock);
  const base = new URL(`http://${camera.address}/onvif/device_service`);
  const session = openSession(testOptions(), { base, login, gate }, env);
  const never = new AbortController().signal;
  const ask = (lane: 'calls' | 'pulls') =>
    session.call({ url: base, envelope: question, expect: 'GetDeviceInformationResponse', lane }, never);
  return { ask, [Symbol.dispose]: () => session[Symbol.dispose]() };
}

it.each([
  // What a nonce that was used before is refused for is told by a second try alone.
  [['calls'], 2],
  // Both were under way: each has failed once, and one of them tries again for both.
  [['calls', 'pulls'], 3],
] as const)('a password that was changed under %j', async (lanes, most) => {
  await using camera = await openFakeCamera();
  using talking = talk(camera);
  for (const lane of ['calls', 'pulls', 'calls', 'pulls'] as const) expect(await talking.ask(lane)).toMatchObject({ result: 'ok' });
  camera.script.password = 'changed';
  for (let turn = 0; turn < 3; turn += 1) await Promise.all(lanes.map((lane) => talking.ask(lane)));
  await Promise.all((['calls', 'pulls'] as const).map((lane) => talking.ask(lane)));
  expect(camera.failedLogins).toBe(most);
});
