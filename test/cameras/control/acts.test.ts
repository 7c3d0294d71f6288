// Relays, restarts and clocks under control, against the simulator.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../fake-deps.ts';
import { type ControlSite, openControlSite } from './site.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});
const open = async (...settings: Parameters<typeof openControlSite>): Promise<ControlSite> => stack.use(await openControlSite(...settings));
const code = (code: string) => ({ code: `cameras.${code}` });

describe.each(['hanwha', 'axis'] as const)('the relay of a %s', (personality) => {
  it('is listed, and stays as it is until the configuration allows more', async () => {
    const { control, camera } = await open({}, { personality });
    expect(await control.relays.list('cam-1')).toEqual([{ token: 'relay-1', mode: 'Bistable', idle: 'open' }]);
    await expect(control.relays.set('cam-1', 'relay-1', true)).rejects.toMatchObject(code('relays-off'));
    await expect(control.relays.pulse('cam-1', 'relay-1', 100)).rejects.toMatchObject(code('relays-off'));
    expect(camera.relays).toEqual([false]);
  });

  it('is set', async () => {
    const { control, camera } = await open({ relays: true }, { personality });
    await control.relays.set('cam-1', 'relay-1', true);
    expect(camera.relays).toEqual([true]);
    await control.relays.set('cam-1', 'relay-1', false);
    expect(camera.relays).toEqual([false]);
    await expect(control.relays.set('cam-1', 'relay-7', true)).rejects.toMatchObject(code('relay-unknown'));
  });
});

describe('a pulse', () => {
  it('ends after its time, at most after that of the configuration', async () => {
    const { control, camera } = await open({ relays: true, pulseMax: '500ms' }, { personality: 'hanwha' });
    await control.relays.pulse('cam-1', 'relay-1', 60_000);
    expect(camera.relays).toEqual([true]);
    await sleep(250);
    expect(camera.relays).toEqual([true]);
    await until(() => camera.relays[0] === false, 1000);
  });

  it('ends when the gateway stops', async () => {
    const { control, camera, close } = await open({ relays: true }, { personality: 'hanwha' });
    await control.relays.pulse('cam-1', 'relay-1', 20_000);
    await close();
    expect(camera.relays).toEqual([false]);
  });

  it('ends although the camera does not take it at once', async () => {
    const { control, camera } = await open({ relays: true }, { personality: 'hanwha' });
    await control.relays.pulse('cam-1', 'relay-1', 200);
    camera.fail('closing');
    await sleep(700);
    expect(camera.relays).toEqual([true]);
    camera.fail(undefined);
    await until(() => camera.relays[0] === false, 3000);
  });

  it('is over when the relay is set', async () => {
    const { control, camera } = await open({ relays: true }, { personality: 'hanwha' });
    await control.relays.pulse('cam-1', 'relay-1', 200);
    await control.relays.set('cam-1', 'relay-1', true);
    await sleep(500);
    expect(camera.relays).toEqual([true]);
  });
});

describe('a camera', () => {
  it('restarts', async () => {
    const { control } = await open();
    await control.device.reboot('cam-1');
    await sleep(300);
    await expect(control.device.clock('cam-1')).rejects.toMatchObject(code('act-failed'));
  });

  it('tells how far its clock is off', async () => {
    const { control, camera } = await open();
    camera.setClock(-61_000);
    const read = await control.device.clock('cam-1');
    expect(read).toMatchObject({ zone: 'KST-9' });
    expect(Math.abs(read.offsetMs + 61_000)).toBeLessThan(1500);
  });

  it('that follows an NTP server is not set', async () => {
    const { control, camera } = await open({}, { clockOffsetMs: 90_000 });
    expect(await control.device.clock('cam-1')).toMatchObject({ byNtp: true });
    await expect(control.device.setClock('cam-1')).rejects.toMatchObject(code('clock-by-ntp'));
    expect(camera.clockOffsetMs).toBe(90_000);
  });

  it('is set to our clock', async () => {
    const { control, camera } = await open();
    camera.setClock(90_000, 'Manual');
    const { before, after } = await control.device.setClock('cam-1');
    expect(Math.abs(before.offsetMs - 90_000)).toBeLessThan(1500);
    expect(Math.abs(after.offsetMs)).toBeLessThan(1500);
    // It is told whole seconds.
    expect(Math.abs(camera.clockOffsetMs)).toBeLessThan(1500);
  });
});
