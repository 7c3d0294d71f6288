// A head under control, against the simulator: who may move it, when it stops by itself, and whose hand goes before ours.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../fake-deps.ts';
import { anyone, type ControlSite, codeOf, hub, openControlSite, openOperator, technician } from './site.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});
const open = async (...settings: Parameters<typeof openControlSite>): Promise<ControlSite> => stack.use(await openControlSite(...settings));

describe('a head', () => {
  it('moves on, goes to places, steps, presets and home, and tells where it looks', async () => {
    const { control, camera } = await open();
    expect(codeOf(await control.drive(hub, { pan: 0.5 }, 3000))).toBe('done');
    expect(camera.moving).toBe(true);
    await until(() => (camera.position?.pan ?? 0) > 0.05);
    expect(codeOf(await control.stop(hub))).toBe('done');
    expect(camera.moving).toBe(false);
    expect(codeOf(await control.goTo(hub, { pan: -0.25, tilt: 0.5 }))).toBe('done');
    expect(camera.position).toEqual({ pan: -0.25, tilt: 0.5, zoom: 0 });
    expect(codeOf(await control.goTo(hub, { zoom: 0.75 }))).toBe('done');
    expect(camera.position).toEqual({ pan: -0.25, tilt: 0.5, zoom: 0.75 });
    expect(codeOf(await control.step(hub, { pan: 0.5 }))).toBe('done');
    expect(camera.position).toEqual({ pan: 0.25, tilt: 0.5, zoom: 0.75 });
    expect(await control.presets('cam-1', 1)).toMatchObject({
      result: 'done',
      value: [{ token: '1', name: 'home' }, { token: '2' }, { token: '3' }],
    });
    expect(codeOf(await control.goToPreset(hub, '3'))).toBe('done');
    expect(camera.position).toEqual({ pan: 0.7, tilt: -0.2, zoom: 0.5 });
    expect(await control.look('cam-1', 1)).toMatchObject({
      value: { moving: false, position: { pan: 0.7, tilt: -0.2, zoom: 0.5 }, holder: 'grant:1' },
    });
    expect(codeOf(await control.goHome(hub))).toBe('done');
    expect(camera.position).toEqual({ pan: 0, tilt: 0, zoom: 0 });
  });

  it('says what the camera refuses, and who is not there to be moved', async () => {
    const { control } = await open();
    expect(codeOf(await control.goToPreset(hub, '<&">'))).toBe('failed cameras.act-failed');
    expect(codeOf(await control.goHome({ ...hub, channel: 7 }))).toBe('refused cameras.ptz-none');
    const still = await open({}, { ptz: false });
    expect(codeOf(await still.control.goHome(hub))).toBe('refused cameras.ptz-none');
  });

  it('is moved by nobody where the policy says never', async () => {
    const site = await open();
    site.rule = { policy: 'never', returnTo: '' };
    for (const order of [site.control.drive(hub, { pan: 1 }, 1000), site.control.goHome(hub), site.control.goToPreset(technician, '2')])
      expect(codeOf(await order)).toBe('refused cameras.ptz-never');
    expect(site.camera.position).toEqual({ pan: 0, tilt: 0, zoom: 0 });
  });
});

describe('a movement', () => {
  it('ends by itself when nobody tells it to go on, and that is told', async () => {
    const { control, camera, news } = await open({ moveTimeout: '1s' });
    expect(await control.drive(hub, { pan: 0.1 }, 60_000)).toEqual({ result: 'done', value: 1000 });
    await sleep(600);
    expect(camera.moving).toBe(true);
    await until(() => !camera.moving, 1500);
    await until(() => news.length > 0);
    expect(news).toEqual([
      { act: 'ptz.ended', holder: 'grant:1', detail: expect.stringMatching(/^nobody told it to go on after 1(\.\d)? s$/) },
    ]);
  });

  it('ends by the time in the request where no Stop comes: the gateway has died', async () => {
    const { control, camera } = await open({ moveTimeout: '1s' });
    camera.fail('silent', { only: 'tptz:Stop' });
    await control.drive(hub, { pan: 0.1 }, 60_000);
    await until(() => !camera.moving, 2500);
    expect(camera.position?.pan).toBeGreaterThan(0.05);
    expect(camera.position?.pan).toBeLessThan(0.2);
  });

  it('goes on as long as it is told so', async () => {
    const { control, camera, news } = await open({ moveTimeout: '1s' });
    for (let turn = 0; turn < 4; turn += 1) {
      await control.drive(hub, { pan: 0.1 }, 60_000);
      await sleep(500);
      expect(camera.moving).toBe(true);
    }
    expect(news).toEqual([]);
    await until(() => !camera.moving, 1500);
  });

  it('lasts no longer than what remains of the grant', async () => {
    const { control, camera } = await open({ moveTimeout: '30s' });
    expect(await control.drive({ ...hub, remainingMs: 400 }, { pan: 0.1 }, 60_000)).toEqual({ result: 'done', value: 400 });
    await until(() => !camera.moving, 700);
  });

  it('is stopped when its holder is done, and another may move', async () => {
    const { control, camera, news } = await open({ moveTimeout: '30s' });
    await control.drive(hub, { pan: 0.1 }, 60_000);
    await control.release('grant:1', 'the grant ended');
    expect(camera.moving).toBe(false);
    expect(news).toMatchObject([{ act: 'ptz.ended', detail: expect.stringContaining('the grant ended') }]);
    expect(codeOf(await control.goHome(technician))).toBe('done');
  });

  it('is stopped when the gateway stops', async () => {
    const { control, camera, close } = await open({ moveTimeout: '30s' });
    await control.drive(hub, { pan: 0.1 }, 60_000);
    await close();
    expect(camera.moving).toBe(false);
    expect(codeOf(await control.goHome(hub))).toBe('refused cameras.ptz-over');
  });
});

describe('a holder', () => {
  it('has the head alone, also against its Stop, until the hold is over', async () => {
    const { control, camera } = await open({ hold: '5s', moveTimeout: '1s' });
    await control.drive(hub, { pan: 0.1 }, 60_000);
    expect(codeOf(await control.goHome(technician))).toBe('refused cameras.ptz-held');
    expect(codeOf(await control.stop({ ...anyone, holder: 'grant:2' }))).toBe('refused cameras.ptz-held');
    expect(camera.moving).toBe(true);
    await sleep(6500);
    expect(codeOf(await control.goHome(technician))).toBe('done');
  }, 15_000);

  it('loses it to a technician who stops it', async () => {
    const { control, camera } = await open({ moveTimeout: '30s' });
    await control.drive(hub, { pan: 0.1 }, 60_000);
    expect(codeOf(await control.stop(technician, true))).toBe('done');
    expect(camera.moving).toBe(false);
    expect(codeOf(await control.goHome(technician))).toBe('done');
    expect(codeOf(await control.goHome(hub))).toBe('refused cameras.ptz-held');
  });

  it('has nothing when its first order failed', async () => {
    const site = await open();
    site.rule = { policy: 'idle-only', returnTo: '' };
    site.camera.fail('silent', { only: 'tptz:GetStatus' });
    expect(codeOf(await site.control.goHome(hub))).toBe('refused cameras.ptz-not-idle');
    site.rule = { policy: 'allowed', returnTo: '' };
    expect(codeOf(await site.control.goHome(technician))).toBe('done');
  });
});

describe('a camera of the policy idle-only', () => {
  const openIdle = async (): Promise<ControlSite> => {
    const site = await open({ moveTimeout: '2s' });
    site.rule = { policy: 'idle-only', returnTo: '' };
    return site;
  };

  it('is moved when two looks show it at rest', async () => {
    const { control, camera } = await openIdle();
    const before = performance.now();
    expect(codeOf(await control.drive(hub, { pan: 0.1 }, 60_000))).toBe('done');
    expect(performance.now() - before).toBeGreaterThan(450);
    expect(camera.moving).toBe(true);
    // What moves is our own: told again, it goes on at once.
    const again = performance.now();
    expect(codeOf(await control.drive(hub, { pan: -0.1 }, 60_000))).toBe('done');
    expect(performance.now() - again).toBeLessThan(400);
  });

  it('is left to an operator who moves it, and his movement is not stopped', async () => {
    const { control, camera } = await openIdle();
    await using operator = await openOperator(camera);
    await operator.drive(0.05);
    expect(codeOf(await control.drive(hub, { pan: 0.1 }, 60_000))).toBe('refused cameras.ptz-not-idle');
    expect(codeOf(await control.stop(hub))).toBe('done');
    expect(codeOf(await control.stop(technician, true))).toBe('done');
    expect(camera.moving).toBe(true);
  });

  it('is left to an operator who begins between the two looks', async () => {
    const { control, camera } = await openIdle();
    await using operator = await openOperator(camera);
    const asked = control.drive(hub, { pan: 0.1 }, 60_000);
    await sleep(150);
    await operator.drive(0.2);
    await sleep(150);
    await operator.stop();
    expect(codeOf(await asked)).toBe('refused cameras.ptz-not-idle');
  });

  it('is left to an operator who moved it while we held it, although it rests again', async () => {
    const { control, camera, news } = await openIdle();
    await using operator = await openOperator(camera);
    expect(codeOf(await control.goToPreset(hub, '2'))).toBe('done');
    await sleep(1500);
    await operator.drive(0.2);
    await sleep(300);
    await operator.stop();
    const there = camera.position;
    expect(codeOf(await control.goHome(hub))).toBe('refused cameras.ptz-foreign');
    expect(camera.position).toEqual(there);
    expect(news).toEqual([]);
    await sleep(100);
    expect(codeOf(await control.goHome(hub))).toBe('done');
  });
});

describe('a head that returns', () => {
  it('goes where it belongs when the hold is over', async () => {
    const site = await open({ moveTimeout: '30s' });
    site.rule = { policy: 'idle-only', returnTo: '3' };
    await site.control.drive(hub, { pan: -0.3 }, 60_000);
    await site.control.release('grant:1', 'the grant ended');
    await until(() => site.camera.position?.pan === 0.7, 3000);
    await until(() => site.news.length === 2);
    expect(site.news.map(({ act, detail }) => `${act} ${detail}`)[1]).toBe('ptz.returned 3');
  });

  it('stays where an operator has moved it to', async () => {
    const site = await open({ moveTimeout: '30s' });
    site.rule = { policy: 'allowed', returnTo: 'home' };
    await using operator = await openOperator(site.camera);
    await site.control.goToPreset(hub, '2');
    await sleep(1500);
    await operator.drive(0.2);
    await sleep(300);
    await operator.stop();
    const there = site.camera.position;
    await site.control.release('grant:1', 'the grant ended');
    await until(() => site.news.length > 0, 3000);
    expect(site.news).toMatchObject([{ act: 'ptz.not-returned', detail: 'somebody else has moved it' }]);
    expect(site.camera.position).toEqual(there);
  });

  it('does not return under a holder who came while it was being stopped', async () => {
    const site = await open({ moveTimeout: '30s' });
    site.rule = { policy: 'allowed', returnTo: 'home' };
    await site.control.drive(hub, { pan: 0.1 }, 60_000);
    site.camera.fail('slow', { only: 'tptz:Stop', slowMs: 600 });
    const released = site.control.release('grant:1', 'the grant ended');
    expect(codeOf(await site.control.goToPreset(technician, '3'))).toBe('done');
    await released;
    await sleep(1500);
    expect(site.camera.position?.pan).toBe(0.7);
  });

  it('does not return under the next holder', async () => {
    const site = await open();
    site.rule = { policy: 'allowed', returnTo: 'home' };
    await site.control.goToPreset(hub, '2');
    await site.control.release('grant:1', 'the grant ended');
    await site.control.goToPreset(technician, '3');
    await sleep(1500);
    expect(site.camera.position?.pan).toBe(0.7);
  });
});
