// What may be registered: the form of every field of a device, and the cleaning of what devices say of themselves.
import type { Login } from '#base';
import {
  type Channel,
  type Device,
  type DeviceFeatures,
  type DeviceIdentity,
  isId,
  type Place,
  type PtzPolicy,
  type SensorRecord,
} from '#model';
import { registryFaults } from './errors.ts';

/** Devices on one gateway; more are refused with `registry.full`. */
export const maxDevices = 10_000;

const maxChannels = 128;
const maxChannelNumber = 1024;
const maxLogin = 128;
const maxCodecs = 8;
const maxPorts = 1024;
const maxLinkedCameras = 16;
const maxTexts = 64;

/** The device as it will be stored. @throws registry.invalid, naming the field. */
export function checkDevice(device: Device): Device {
  if (!isId(device.id)) refuse('id', device.id);
  if (device.type !== 'camera' && device.type !== 'sensor') refuse('type', String(device.type));
  return {
    id: device.id,
    type: device.type,
    name: checkText('name', device.name, 100),
    address: checkText('address', device.address, 200, 1),
    purpose: checkText('purpose', device.purpose, 100),
    place: checkPlace(device.place),
    channels: checkChannels(device.channels),
    identity: cleanIdentity(device.identity),
    ...(device.group !== undefined && { group: checkGroup(device.group) }),
    ...(device.features && { features: cleanFeatures(device.features) }),
    ...(device.record && { record: checkRecord(device.record) }),
    ...(device.ptz !== undefined && { ptz: checkPtz(device.ptz) }),
    ...(device.ptzReturn && { ptzReturn: checkText('ptzReturn', device.ptzReturn, 100) }),
  };
}

/** @throws registry.invalid for a name or password that is empty or above 128 characters; the password is never named. */
export function checkLogin(login: Login): Login {
  if (login.user.length === 0 || login.user.length > maxLogin) refuse('user', `${login.user.length} characters`);
  if (login.password.length > maxLogin) refuse('password', `${login.password.length} characters`);
  return { user: login.user, password: login.password };
}

function checkGroup(group: string): string {
  if (!isId(group)) refuse('group', group);
  return group;
}

function checkRecord({ zone, zones, premises, cameras, facts }: SensorRecord): SensorRecord {
  if (cameras && cameras.length > maxLinkedCameras) refuse('record.cameras', `${cameras.length} cameras, ${maxLinkedCameras} are possible`);
  return {
    ...(zone !== undefined && { zone: checkText('record.zone', zone, 100) }),
    ...(zones && { zones: checkTexts('record.zones', zones, 100) }),
    ...(premises !== undefined && { premises: checkText('record.premises', premises, 100) }),
    ...(cameras && { cameras: cameras.map(checkLink) }),
    ...(facts && { facts: checkTexts('record.facts', facts, 200) }),
  };
}

function checkLink({ camera, channel }: { readonly camera: string; readonly channel: number }): { camera: string; channel: number } {
  if (!isId(camera)) refuse('record.cameras', camera);
  if (!Number.isInteger(channel) || channel < 1 || channel > maxChannelNumber) refuse('record.cameras', String(channel));
  return { camera, channel };
}

function checkTexts(field: string, texts: Readonly<Record<string, string>>, max: number): Readonly<Record<string, string>> {
  const entries = Object.entries(texts);
  if (entries.length > maxTexts) refuse(field, `${entries.length} entries, ${maxTexts} are possible`);
  return Object.fromEntries(entries.map(([name, value]) => [checkText(field, name, 40, 1), checkText(`${field}.${name}`, value, max)]));
}

function checkPtz(policy: PtzPolicy): PtzPolicy {
  if (!['never', 'idle-only', 'allowed'].includes(policy)) refuse('ptz', policy);
  return policy;
}

function checkText(field: string, text: string, max: number, min = 0): string {
  if (text.length < min || text.length > max) refuse(field, `${text.length} characters, ${min} … ${max} are possible`);
  if (!isPlain(text)) refuse(field, 'control characters');
  return text;
}

function checkPlace(place: Place): Place {
  const { latitude, longitude, address } = place;
  if ((latitude === undefined) !== (longitude === undefined)) refuse('place', 'latitude and longitude come together');
  if (latitude !== undefined && !(Math.abs(latitude) <= 90)) refuse('place.latitude', String(latitude));
  if (longitude !== undefined && !(Math.abs(longitude) <= 180)) refuse('place.longitude', String(longitude));
  return {
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
    ...(address === undefined ? {} : { address: checkText('place.address', address, 300) }),
  };
}

function checkChannels(channels: readonly Channel[]): readonly Channel[] {
  if (channels.length > maxChannels) refuse('channels', `${channels.length} channels, ${maxChannels} are possible`);
  if (new Set(channels.map((channel) => channel.number)).size !== channels.length) refuse('channels', 'a number twice');
  return channels.map(({ number, name, codecs, ptz, streams }) => {
    if (!Number.isInteger(number) || number < 1 || number > maxChannelNumber) refuse('channels.number', String(number));
    return {
      number,
      name: clean(name),
      ...(codecs && { codecs: codecs.slice(0, maxCodecs).map((codec) => clean(codec).slice(0, 20)) }),
      ...(ptz !== undefined && { ptz }),
      ...(streams && { streams: checkStreams(streams) }),
    };
  });
}

/** A person has entered them: refused rather than cleaned. */
function checkStreams({ main, sub }: NonNullable<Channel['streams']>): NonNullable<Channel['streams']> {
  const check = (text: string): string => {
    const url = URL.parse(checkText('channels.streams', text, 500, 1));
    if (!/^rtsps?:$/.test(url?.protocol ?? '') || !url || url.hostname === '' || url.username !== '' || url.password !== '')
      refuse('channels.streams', 'rtsp:// or rtsps:// without a name or password in it');
    return text;
  };
  return { ...(main !== undefined && { main: check(main) }), ...(sub !== undefined && { sub: check(sub) }) };
}

function cleanFeatures({ relays, inputs, microphone, soundDetection, https, rtsps }: DeviceFeatures): DeviceFeatures {
  const count = (value: number): number => Math.max(0, Math.min(maxPorts, Math.trunc(value) || 0));
  return { relays: count(relays), inputs: count(inputs), microphone, soundDetection, https, rtsps };
}

/** Devices say what they like of themselves: cut and cleaned rather than refused. */
function cleanIdentity(identity: DeviceIdentity): DeviceIdentity {
  const { maker, model, firmware, serial, mac, hardware } = identity;
  return {
    maker: clean(maker),
    model: clean(model),
    firmware: clean(firmware),
    serial: clean(serial),
    ...(mac !== undefined && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && { mac }),
    ...(hardware !== undefined && { hardware: clean(hardware) }),
  };
}

function clean(text: string): string {
  return text
    .slice(0, 400)
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, 100)
    .toWellFormed();
}

function isPlain(text: string): boolean {
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}

function refuse(field: string, detail: string): never {
  throw registryFaults.fault('invalid', { detail: `${field}: ${detail.slice(0, 100)}` });
}
