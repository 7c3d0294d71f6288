// What becomes of what a camera sees, by kind, camera, zone and hour: an alarm, a detection that stays here, or nothing.
import { type Hours, isWithinHours, plausibleFromMs } from '#base';
import type { AlarmKind } from '#model';
import type { HandlingRule } from '../event-options.ts';
import type { Sighting } from './meaning.ts';

/** `local`: kept at the site and not sent. */
export type Treatment = HandlingRule['as'];

/** Says what becomes of a sighting at `nowMs`, wall milliseconds. */
export type Handling = (sighting: Pick<Sighting, 'about' | 'channel' | 'zone'>, nowMs: number) => Treatment;

/** 개인정보 보호법 제25조⑤ forbids sound; motion is what a camera sees all day. */
const defaults: Partial<Readonly<Record<AlarmKind, Treatment>>> = { sound: 'ignore', motion: 'local' };

const maxKnown = 1024;

/** Opens the handling of one camera. What a camera says of itself is always told; facts never leave. */
export function openHandling(rules: readonly HandlingRule[], camera: { readonly id: string; readonly group?: string }): Handling {
  const own = rules.filter(({ cameras, groups }) => {
    const named = cameras?.includes(camera.id) ?? true;
    return named && (groups === undefined || (camera.group !== undefined && groups.includes(camera.group)));
  });
  if (own.length === 0) return plain;
  const judge = (alarm: AlarmKind, { channel, zone }: Pick<Sighting, 'channel' | 'zone'>, nowMs: number): Treatment => {
    const rule = own.find(
      ({ kinds, channels, zones, times, as }) =>
        (kinds?.includes(alarm) ?? true) &&
        (channels?.includes(Number(channel)) ?? true) &&
        (zones?.includes(zone) ?? true) &&
        (times === undefined || holdsNow(times, as, nowMs)),
    );
    return rule?.as ?? defaults[alarm] ?? 'alarm';
  };
  /** What was judged in this minute: hours go by minutes, and a camera with many states is judged thousands of times. */
  let known: Map<string, Treatment> | undefined;
  let minute = 0;
  return (sighting, nowMs) => {
    const { about, channel, zone } = sighting;
    if ('condition' in about) return 'alarm';
    if ('fact' in about) return 'local';
    const { alarm } = about;
    const now = Math.floor(nowMs / 60_000);
    if (!known || now !== minute || known.size >= maxKnown) known = new Map();
    minute = now;
    const name = `${alarm} ${channel} ${zone}`;
    const treatment = known.get(name) ?? judge(alarm, sighting, nowMs);
    known.set(name, treatment);
    return treatment;
  };
}

/** Shared by all cameras for which the site has no rule. */
const plain: Handling = ({ about }) => {
  if ('condition' in about) return 'alarm';
  return 'fact' in about ? 'local' : (defaults[about.alarm] ?? 'alarm');
};

/** While the clock was never set nobody knows the hour: then every hour is one of alarms. */
function holdsNow(times: readonly Hours[], as: Treatment, nowMs: number): boolean {
  if (nowMs < plausibleFromMs) return as === 'alarm';
  return times.some((window) => isWithinHours(window, nowMs));
}
