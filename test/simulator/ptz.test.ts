// The head of a virtual camera, moved by the onvif package and by raw requests.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { ask, type Client, call, connectClient } from './asking.ts';
import { env } from './world.ts';

let site: SimulatedSite;
let client: Client;
const camera = (id = 'dome'): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};

beforeAll(async () => {
  const natures = [
    { id: 'dome', loginBy: 'either', ptz: true },
    { id: 'fixed', loginBy: 'none', ptz: false },
  ] as const;
  site = await openSimulatedSite({ cameras: natures }, env);
  client = await connectClient(camera());
});
afterAll(async () => await site[Symbol.asyncDispose]());

it('goes to a place, and by a distance, and no further than it can', async () => {
  await call(client, 'absoluteMove', { x: 0.25, y: -0.5, zoom: 0.4 });
  expect(camera().position).toEqual({ pan: 0.25, tilt: -0.5, zoom: 0.4 });
  await call(client, 'relativeMove', { x: 0.5, y: 0.25, zoom: -0.1 });
  expect(camera().position).toEqual({ pan: 0.75, tilt: -0.25, zoom: expect.closeTo(0.3) });
  await call(client, 'relativeMove', { x: 0.9, y: 0, zoom: 0 });
  expect(camera().position?.pan).toBe(1);
  await call(client, 'absoluteMove', { x: 0, y: 0, zoom: 0 });
});

it('stops by itself when its time is over', async () => {
  const body =
    '<tptz:ContinuousMove><tptz:ProfileToken>main</tptz:ProfileToken><tptz:Velocity><tt:PanTilt x="1" y="0"/></tptz:Velocity><tptz:Timeout>PT0.2S</tptz:Timeout></tptz:ContinuousMove>';
  expect((await ask(camera(), body)).status).toBe(200);
  expect(camera().moving).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(camera().moving).toBe(false);
  expect(camera().position?.pan).toBeCloseTo(0.2, 1);
});

it('keeps presets that are set, and forgets those that are removed', async () => {
  await call(client, 'absoluteMove', { x: -0.75, y: 0.5, zoom: 0 });
  await call(client, 'setPreset', { presetName: 'playground' });
  const { text } = await ask(camera(), '<tptz:GetPresets><tptz:ProfileToken>main</tptz:ProfileToken></tptz:GetPresets>');
  const token = /token="(\d+)"><tt:Name>playground</.exec(text)?.[1];
  expect(token).toBe('4');
  await call(client, 'absoluteMove', { x: 0, y: 0, zoom: 0 });
  await call(client, 'gotoPreset', { preset: token });
  expect(camera().position).toMatchObject({ pan: -0.75, tilt: 0.5 });
  await call(client, 'removePreset', { presetToken: token });
  await expect(call(client, 'gotoPreset', { preset: token })).rejects.toThrow();
  await expect(call(client, 'removePreset', { presetToken: token })).rejects.toThrow();
});

it('has a home that can be set anew', async () => {
  await call(client, 'absoluteMove', { x: 0.5, y: 0.5, zoom: 0.5 });
  await call(client, 'setHomePosition', {});
  await call(client, 'absoluteMove', { x: 0, y: 0, zoom: 0 });
  await call(client, 'gotoHomePosition', {});
  expect(camera().position).toEqual({ pan: 0.5, tilt: 0.5, zoom: 0.5 });
});

it('takes no value outside its range, and is not to be had of a camera that is fixed', async () => {
  const move = (x: string): string =>
    `<tptz:AbsoluteMove><tptz:ProfileToken>main</tptz:ProfileToken><tptz:Position><tt:PanTilt x="${x}" y="0"/></tptz:Position></tptz:AbsoluteMove>`;
  for (const bad of ['1.5', '-2', 'north']) expect((await ask(camera(), move(bad))).status).toBe(400);
  expect((await ask(camera('fixed'), move('0'))).text).toContain('ter:PTZNotSupported');
  expect((await ask(camera('fixed'), '<tds:GetServices/>')).text).not.toContain('ptz_service');
});
