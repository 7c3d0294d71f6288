// What the hub says of itself and of what it has: bounded, parsed and judged without trusting a byte of it.
import type { EntryClass } from '#model';
import { isWithinBounds } from './bounds.ts';

/** Who confirms: the hub itself, or its broker on the hub's behalf. */
export type ConfirmationMode = 'broker' | 'hub';

/** From and to a `sequence`, both included. */
export type SequenceRange = readonly [from: number, to: number];

/** What the hub has, by class. */
export interface ConfirmedRanges {
  readonly class: EntryClass;
  readonly ranges: readonly SequenceRange[];
}

const classes: ReadonlySet<string> = new Set(['alarm', 'condition', 'inventory', 'grant', 'audit', 'reading', 'gap']);

const maxBytes = 32_768;
const bounds = { depth: 6, members: 4096 };
/** Ranges of one message in all. */
export const maxRanges = 1024;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The mode that the hub's state announces; undefined when it announces none, `malformed` when it cannot be read. */
export function parseHubState(payload: Uint8Array): ConfirmationMode | undefined | 'malformed' {
  if (payload.byteLength === 0) return undefined;
  const mode = parseData(payload)?.['confirmation'];
  return mode === 'hub' || mode === 'broker' ? mode : 'malformed';
}

/**
 * The ranges that the hub confirms; undefined when anything in the message is not as the contract says: then nothing in it counts. Classes that are not known
 * here are passed over.
 */
export function parseConfirm(payload: Uint8Array): readonly ConfirmedRanges[] | undefined {
  const confirmed = parseData(payload)?.['confirmed'];
  if (!isObject(confirmed)) return undefined;
  const parsed = Object.entries(confirmed).map(([name, ranges]) => ({ name, ranges: parseRanges(ranges) }));
  const found: ConfirmedRanges[] = [];
  let count = 0;
  for (const { name, ranges } of parsed) {
    if (!ranges) return undefined;
    count += ranges.length;
    if (isClass(name) && ranges.length > 0) found.push({ class: name, ranges });
  }
  return count > maxRanges ? undefined : found;
}

function isClass(name: string): name is EntryClass {
  return classes.has(name);
}

function parseRanges(value: unknown): readonly SequenceRange[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ranges = value.filter(isRange);
  return ranges.length === value.length ? ranges : undefined;
}

function isRange(value: unknown): value is SequenceRange {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to]: readonly unknown[] = value;
  return isSequence(from) && isSequence(to) && from <= to;
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

/** The object in the payload: of a CloudEvent in structured mode its `data`, else the whole. */
function parseData(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (payload.byteLength > maxBytes) return undefined;
  try {
    const text = decoder.decode(payload);
    const value: unknown = isWithinBounds(text, bounds) ? JSON.parse(text) : undefined;
    const data = isObject(value) && 'specversion' in value ? value['data'] : value;
    return isObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
