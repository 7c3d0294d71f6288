// The story of registrations with fake rooms: what a person corrects reaches the registry and the audit, and those who watch by it.
import { expect, it } from 'vitest';
import type { Access } from '#access';
import { openLog, systemEnv } from '#base';
import type { Cameras } from '#cameras';
import type { Device, InventoryChange } from '#model';
import type { Registry } from '#registry';
import { followCameras } from '../../src/gateway/inventory.ts';
import { openTechnicianRegistration, type TechnicianRegistrationDeps } from '../../src/gateway/technician-registration.ts';

const camera: Device = {
  id: 'cam-1',
  type: 'camera',
  name: 'gate',
  address: '10.0.0.5',
  purpose: '',
  place: { latitude: 35.9, longitude: 127.1 },
  channels: [{ number: 1, name: '' }],
  identity: { maker: 'Axis', model: 'P3245', firmware: '1', serial: 'S1' },
};
const context = { origin: 'cli:kim (claimed)', signal: new AbortController().signal };

function openRooms(device: Device = camera) {
  const devices = new Map([[device.id, device]]);
  const audit: string[] = [];
  const entered: (string | undefined)[] = [];
  const listeners: ((change: InventoryChange) => void)[] = [];
  const registry = {
    find: (id: string) => devices.get(id),
    list: () => [...devices.values()],
    unreadable: () => [],
    login: async () => undefined,
    async update(id: string, patch: Partial<Device>) {
      if (patch.name === '\n') throw new Error('registry.invalid');
      const changed = { ...devices.get(id), ...patch } as Device;
      devices.set(id, changed);
      for (const listener of listeners) listener({ change: 'changed', device: changed, time: 0 });
      return changed;
    },
    remove: async (id: string) => void devices.delete(id),
    watch: (listener: (change: InventoryChange) => void) => {
      listeners.push(listener);
      return { [Symbol.dispose]: () => {} };
    },
    watchLogins: () => ({ [Symbol.dispose]: () => {} }),
  } as unknown as Registry;
  const cameras = { add: ({ device: { group } }: { device: Device }) => void entered.push(group) } as unknown as Cameras;
  const access = {
    account: async ({ act, by, subject, detail }: Parameters<Access['account']>[0]) =>
      void audit.push(`${act} ${subject} ${by}: ${detail}`),
  };
  const requireCamera = (id: string): Device => {
    const found = registry.find(id);
    if (!found) throw new Error('gateway.not-a-camera');
    return found;
  };
  const viewCamera: TechnicianRegistrationDeps['viewCamera'] = (one) => ({ ...one, state: 'online' });
  const handlers = openTechnicianRegistration({ access, cameras, registry, requireCamera, viewCamera });
  return { handlers, registry, cameras, audit, entered, devices };
}

it('corrects what is said of a camera, on the audit with before and after', async () => {
  const { handlers, audit, devices } = openRooms();
  const { changed } = await handlers['camera.set'](
    { id: 'cam-1', name: '정문', group: 'switch-7', place: 'hall', address: '10.0.0.5' },
    context,
  );
  expect(changed).toEqual(['name', 'place', 'group']);
  expect(devices.get('cam-1')).toMatchObject({
    name: '정문',
    group: 'switch-7',
    place: { latitude: 35.9, longitude: 127.1, address: 'hall' },
  });
  expect(audit).toEqual([
    'camera.set cam-1 cli:kim (claimed): name gate > 정문, place 35.9 127.1 > 35.9 127.1 hall, group none > switch-7',
  ]);
});

it('takes away what is said to be none, and writes nothing of a change of nothing', async () => {
  const { handlers, audit, devices } = openRooms({ ...camera, group: 'switch-7' });
  await handlers['camera.set']({ id: 'cam-1', group: null, place: '', latitude: null, longitude: null }, context);
  expect(devices.get('cam-1')).toMatchObject({ group: undefined, place: {} });
  expect(await handlers['camera.set']({ id: 'cam-1', name: 'gate' }, context)).toMatchObject({ changed: [] });
  await expect(handlers['camera.set']({ id: 'cam-1', name: '\n' }, context)).rejects.toThrow('registry.invalid');
  expect(audit).toHaveLength(1);
});

it.each([
  ['a source without ONVIF', 'rtsp://10.0.0.9/1', '10.0.0.5'],
  ['a camera', '10.0.0.5', 'rtsp://10.0.0.9/1'],
])('does not make another kind of %s', async (_, address, wanted) => {
  const { handlers, audit } = openRooms({ ...camera, address });
  await expect(handlers['camera.set']({ id: 'cam-1', address: wanted }, context)).rejects.toMatchObject({ code: 'gateway.address-fixed' });
  expect(audit).toEqual([]);
});

it('removes on the audit', async () => {
  const { handlers, audit } = openRooms();
  await handlers['camera.remove']({ id: 'cam-1' }, context);
  expect(audit).toEqual(['camera.remove cam-1 cli:kim (claimed): 10.0.0.5']);
});

it('another group is watched by at once, another name disturbs nobody', async () => {
  const { handlers, registry, cameras, entered } = openRooms();
  const stop = new AbortController();
  const running = followCameras(registry, cameras, async () => {}, systemEnv(openLog('silent'))).run(stop.signal);
  await handlers['camera.set']({ id: 'cam-1', name: '정문' }, context);
  await handlers['camera.set']({ id: 'cam-1', group: 'switch-7' }, context);
  await new Promise(setImmediate);
  expect(entered).toEqual([undefined, 'switch-7']);
  stop.abort();
  await running;
});
