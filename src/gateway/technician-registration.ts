// The technician's story of registering cameras: added, corrected, removed; each on the audit in his name, each an entry of the inventory.
import type { Access } from '#access';
import type { Cameras } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Channel, Device, Place } from '#model';
import type { Registry } from '#registry';
import { faults } from './faults.ts';

/** The operations about registrations. */
export type RegistrationHandlers = Pick<ControlHandlers, 'camera.add' | 'camera.set' | 'camera.remove'>;

export interface TechnicianRegistrationDeps {
  readonly access: Pick<Access, 'account'>;
  readonly cameras: Pick<Cameras, 'identify'>;
  readonly registry: Pick<Registry, 'find' | 'add' | 'update' | 'remove' | 'unreadable'>;
  /** @throws gateway.not-a-camera */
  requireCamera(id: string): Device;
  viewCamera(device: Device): Result<'camera.list'>['cameras'][number];
}

type Changed = Result<'camera.set'>['changed'][number];

/** One handler for each operation. */
export function openTechnicianRegistration(deps: TechnicianRegistrationDeps): RegistrationHandlers {
  const { access, registry } = deps;
  return {
    'camera.add': (input, context) => addCamera(input, context, deps),
    'camera.set': (input, context) => setCamera(input, context, deps),
    async 'camera.remove'({ id }, { origin }) {
      const known = registry.unreadable().includes(id) ? undefined : deps.requireCamera(id);
      await access.account({ act: 'camera.remove', by: origin, subject: id, detail: known?.address ?? '' });
      await registry.remove(id);
      return {};
    },
  };
}

/** Registers first, asks the camera second: one that is down today is still a camera of the site. */
async function addCamera(
  input: Input<'camera.add'>,
  { origin, signal }: CallContext,
  { access, cameras, registry, viewCamera }: TechnicianRegistrationDeps,
): Promise<Result<'camera.add'>> {
  const { id, address, login, name = id, purpose = '', group, streams } = input;
  const device: Device = {
    id,
    type: 'camera',
    name,
    address,
    purpose,
    place: placeOf({}, input),
    channels: streams?.map(entered) ?? [{ number: 1, name: '' }],
    identity: { maker: '', model: '', firmware: '', serial: '' },
    ...(group !== undefined && { group }),
  };
  await registry.add(device, login);
  await access.account({ act: 'camera.add', by: origin, subject: id, detail: address });
  if (address.startsWith('rtsp://')) return { camera: viewCamera(device) };
  const found = await cameras.identify(address, login, signal);
  if (found.result !== 'ok') return { camera: viewCamera(device), problem: { message: found.message, hint: found.hint } };
  const { identity, channels } = found;
  return { camera: viewCamera(await registry.update(id, { identity, channels })) };
}

/** A channel of a source without ONVIF, as it was entered. */
function entered({ main, sub }: { readonly main: string; readonly sub?: string | undefined }, index: number): Channel {
  return { number: index + 1, name: `${index + 1}`, streams: { main, ...(sub !== undefined && { sub }) } };
}

/** Corrects what a person said of a camera; what it says of itself is its own. */
async function setCamera(
  { id, ...said }: Input<'camera.set'>,
  { origin }: CallContext,
  { access, registry, requireCamera, viewCamera }: TechnicianRegistrationDeps,
): Promise<Result<'camera.set'>> {
  const device = requireCamera(id);
  const { address = device.address, name = device.name, purpose = device.purpose } = said;
  // The streams of a source without ONVIF were entered with its address.
  if (address !== device.address && [address, device.address].some(isStream)) throw faults.fault('address-fixed', { detail: id });
  const group = said.group === undefined ? device.group : (said.group ?? undefined);
  const after = { name, purpose, place: placeOf(device.place, said), group, address };
  const fields = Object.keys(after) as Changed[];
  const changed = fields.filter((field) => JSON.stringify(after[field]) !== JSON.stringify(device[field]));
  if (changed.length === 0) return { camera: viewCamera(device), changed };
  const detail = changed.map((field) => `${field} ${wordsOf(device[field])} > ${wordsOf(after[field])}`).join(', ');
  const updated = await registry.update(id, Object.fromEntries(changed.map((field) => [field, after[field]])));
  await access.account({ act: 'camera.set', by: origin, subject: id, detail });
  return { camera: viewCamera(updated), changed };
}

function isStream(address: string): boolean {
  return address.startsWith('rtsp://');
}

type SaidPlace = Pick<Input<'camera.set'>, 'place' | 'latitude' | 'longitude'>;

/** A place with what was said of it; null and no words take away. */
function placeOf(before: Place, { place, latitude, longitude }: SaidPlace): Place {
  const north = latitude === undefined ? before.latitude : latitude;
  const east = longitude === undefined ? before.longitude : longitude;
  const words = place ?? before.address ?? '';
  return {
    ...(typeof north === 'number' && { latitude: north }),
    ...(typeof east === 'number' && { longitude: east }),
    ...(words !== '' && { address: words }),
  };
}

function wordsOf(value: Device[Changed]): string {
  if (value === undefined || value === '') return 'none';
  return typeof value === 'string' ? value : Object.values(value).join(' ') || 'none';
}
