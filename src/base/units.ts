// Durations, sizes and rates as people write them in a configuration (`30s`, `2GiB`, `10Mbit`), and as options of a schema.
import { z } from 'zod';
import type { Text } from './errors.ts';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const rateUnits: Readonly<Record<string, number>> = { kbit: 1000, Mbit: 1e6, Gbit: 1e9 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([A-Za-z]{1,4})$/.exec(text);
  const factor = match?.[2] === undefined ? undefined : units[match[2]];
  return factor === undefined ? undefined : Number(match?.[1]) * factor;
}

/** Milliseconds of `250ms`, `30s`, `5m`, `1h`, `7d`; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, durationUnits);
}

/** Bytes of `512B`, `64KiB`, `16MiB`, `2GiB`; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, sizeUnits);
}

/** Bits a second of `512kbit`, `10Mbit`, `1Gbit`; undefined when it is not a rate. */
function parseRate(text: string): number | undefined {
  return parseQuantity(text, rateUnits);
}

/** Megabits a second with one digit after the point: 4200000 → `4.2 Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  return `${(Math.max(0, bitsPerSecond) / 1e6).toFixed(1).replace(/\.0$/, '')} Mbit/s`;
}

/** The shortest exact spelling: 90000 → `90s`, 3600000 → `1h`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const factor = durationUnits[unit] ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${Math.round(ms)}ms`;
}

const koreanUnits: Readonly<Record<string, string>> = { d: '일', h: '시간', m: '분', s: '초' };

/** The same for people: `90m` in English, `90분` in Korean. */
export function durationText(ms: number): Text {
  const en = formatDuration(ms);
  const unit = /[dhms]+$/.exec(en)?.[0] ?? '';
  return { en, ko: `${en.slice(0, en.length - unit.length)}${koreanUnits[unit] ?? unit}` };
}

interface Range {
  readonly min: string;
  readonly max: string;
  readonly default: string;
}

type Parse = (text: string) => number | undefined;

function quantityOption(range: Range, parse: Parse, example: string) {
  return z
    .string()
    .default(range.default)
    .transform(withinRange(range, parse, example));
}

function withinRange(range: Pick<Range, 'min' | 'max'>, parse: Parse, example: string) {
  const min = parse(range.min) ?? 0;
  const max = parse(range.max) ?? Number.MAX_SAFE_INTEGER;
  return (text: string, context: z.RefinementCtx<string>): number => {
    const value = parse(text);
    if (value !== undefined && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `expected ${range.min} … ${range.max}, written like ${example}` });
    return z.NEVER;
  };
}

/** A duration in a configuration; its value is in milliseconds. */
export function durationOption(range: Range) {
  return quantityOption(range, parseDuration, '30s');
}

/** A duration that has no default: it must be stated, or its key may be left out (`.optional()`). */
export function statedDuration(range: Pick<Range, 'min' | 'max'>) {
  return z.string().transform(withinRange(range, parseDuration, '30s'));
}

/** A size in a configuration; its value is in bytes. */
export function sizeOption(range: Range) {
  return quantityOption(range, parseSize, '2GiB');
}

/** The rate of a line or a stream in a configuration; its value is in bits a second. */
export function rateOption(range: Range) {
  return quantityOption(range, parseRate, '10Mbit');
}

/** A rate that has no default: its key may be left out (`.optional()`). */
export function statedRate(range: Pick<Range, 'min' | 'max'>) {
  return z.string().transform(withinRange(range, parseRate, '10Mbit'));
}
