// The plan of a response, pure: which cameras show what an alarm is about.
import type { Device, Place } from '#model';
import type { ResponseOptions } from './options.ts';

/** A picture that may be asked for. */
export interface PlannedPicture {
  readonly camera: string;
  readonly channel: number;
}

/** Where an alarm comes from. */
export interface AlarmSource {
  readonly device: string;
  /** The alarm's point: of a camera the number of its channel. */
  readonly channel: string;
}

const earthRadiusMetres = 6_371_000;

/**
 * The cameras of the alarm's device: the linked ones in their order (those of the response, then those of the sensor's own record), then, within the radius, the device itself if it is a camera, and the nearest
 * ones; each once, at most `cameras`. What is not registered as a camera is passed over.
 */
export function planPrewarm(
  source: AlarmSource,
  { find, cameras }: { find(id: string): Device | undefined; cameras(): readonly Device[] },
  { prewarm }: ResponseOptions,
): readonly PlannedPicture[] {
  const stated = prewarm.links.filter(({ device }) => device === source.device).flatMap((link) => link.cameras);
  const linked = [...stated, ...(find(source.device)?.record?.cameras ?? [])];
  const known = linked.filter(({ camera, channel }) => hasChannel(find(camera), channel));
  const planned =
    known.length >= prewarm.cameras || prewarm.radiusMetres === 0
      ? known
      : [...known, ...nearby(source, find(source.device), cameras, prewarm.radiusMetres)];
  const names = new Set<string>();
  const once = planned.filter(({ camera, channel }) => {
    const name = `${camera}/${channel}`;
    return !names.has(name) && Boolean(names.add(name));
  });
  return once.slice(0, prewarm.cameras);
}

function nearby(
  source: AlarmSource,
  device: Device | undefined,
  cameras: () => readonly Device[],
  radiusMetres: number,
): readonly PlannedPicture[] {
  if (!device) return [];
  const own = device.type === 'camera' ? [{ camera: device.id, channel: channelOf(device, source.channel) }] : [];
  const others = cameras()
    .filter(({ id, channels }) => id !== device.id && channels.length > 0)
    .map((camera) => ({ camera, metres: metresBetween(device.place, camera.place) }))
    .filter(({ metres }) => metres <= radiusMetres)
    .toSorted((a, b) => a.metres - b.metres);
  return [...own, ...others.map(({ camera }) => ({ camera: camera.id, channel: camera.channels[0]?.number ?? 1 }))];
}

/** Great-circle distance; infinite where a place has no coordinates. */
export function metresBetween(a: Place, b: Place): number {
  if (a.latitude === undefined || a.longitude === undefined || b.latitude === undefined || b.longitude === undefined)
    return Number.POSITIVE_INFINITY;
  const radians = Math.PI / 180;
  const north = Math.sin(((b.latitude - a.latitude) * radians) / 2) ** 2;
  const east = Math.sin(((b.longitude - a.longitude) * radians) / 2) ** 2;
  const chord = north + Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * east;
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function hasChannel(device: Device | undefined, number: number): boolean {
  return device?.type === 'camera' && device.channels.some((channel) => channel.number === number);
}

function channelOf({ channels }: Device, name: string): number {
  return channels.find(({ number }) => `${number}` === name)?.number ?? channels[0]?.number ?? 1;
}
