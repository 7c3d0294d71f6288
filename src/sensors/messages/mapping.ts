// What a message means, pure: (map, message) → what to report, by the rules of its source.
import type { ClockQuality, Detail, Report } from '#model';
import type { MessageMap } from '../options.ts';
import { valueAt } from './json.ts';

/** A message's meaning, without the device and the occurrence. */
export interface Meaning {
  readonly kind: Report['kind'];
  readonly channel: string;
  readonly state: Report['state'];
  readonly severity: Report['severity'];
  readonly time: number;
  readonly clockQuality: ClockQuality;
  readonly detail: Detail;
}

/** How far a stated time may lie from the time of receipt: a message may have waited for its line, but nothing comes from the future. */
const maxPastMs = 7 * 86_400_000;
const maxFutureMs = 300_000;
const maxDetailText = 100;

/** Whether a stated time can be, by how far it lies from that of receipt; both in milliseconds since 1970. */
export function isPlausible(stated: number | undefined, receivedMs: number): stated is number {
  return stated !== undefined && stated >= receivedMs - maxPastMs && stated <= receivedMs + maxFutureMs;
}

/** When a message says that it happened, how far that can be trusted, and the facts that travel with it. */
export type Stated = Pick<Meaning, 'time' | 'clockQuality' | 'detail'>;

/** The first rule that fits; undefined when none does. `receivedMs` is wall time. */
export function interpret(map: MessageMap, message: unknown, receivedMs: number): Meaning | undefined {
  const rule = map.rules.find(({ when }) => {
    const value = valueAt(message, when.path);
    return when.equals.some((expected) => expected === value);
  });
  if (!rule) return undefined;
  const { kind, state, severity, channel = kind } = rule;
  return { kind, channel, state, severity, ...timeAt(map, message, receivedMs) };
}

/** What a message states beside its meaning; a time that cannot be is the time of receipt. */
export function timeAt(map: MessageMap, message: unknown, receivedMs: number): Stated {
  const stated = map.time === undefined ? undefined : timeOf(valueAt(message, map.time));
  const detail = detailOf(map, message);
  if (!isPlausible(stated, receivedMs)) return { time: receivedMs, clockQuality: 'receipt', detail };
  return { time: stated, clockQuality: 'synchronised', detail };
}

/** The message's own id, or that of its device: a text or number of 1 to 200 characters. A number that was rounded names nothing. */
export function nameAt(message: unknown, path: string | undefined): string | undefined {
  const value = path === undefined ? undefined : valueAt(message, path);
  if (typeof value === 'bigint' || Number.isSafeInteger(value) || (typeof value === 'number' && value % 1 !== 0 && Number.isFinite(value)))
    return String(value);
  return typeof value === 'string' && value.length >= 1 && value.length <= 200 ? value : undefined;
}

/** Wall milliseconds of ISO 8601 with offset, or of seconds or milliseconds since 1970. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.round(value < 1e11 ? value * 1000 : value);
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function detailOf(map: MessageMap, message: unknown): Detail {
  const facts: Record<string, string | number | boolean> = {};
  for (const [name, path] of Object.entries(map.detail)) {
    const value = valueAt(message, path);
    if (typeof value === 'string' || typeof value === 'bigint') facts[name] = String(value).slice(0, maxDetailText);
    else if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) facts[name] = value;
  }
  return facts;
}
