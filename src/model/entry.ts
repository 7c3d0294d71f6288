// Outbox entries: what must reach a destination, as domain values; each destination encodes when it sends.
import type { AuditHead, GrantStep } from './access.ts';
import type { Condition, Transition } from './alarm.ts';
import type { Device } from './device.ts';
import type { Gap, Reading } from './reading.ts';

/** What an entry carries. */
export type EntryBody =
  | { readonly class: 'alarm'; readonly value: Transition }
  | { readonly class: 'condition'; readonly value: Condition }
  | { readonly class: 'inventory'; readonly value: InventoryChange }
  | { readonly class: 'grant'; readonly value: GrantStep }
  | { readonly class: 'audit'; readonly value: AuditHead }
  /** Readings of one kind: 1 to 500, at most 64 KiB as JSON. */
  | { readonly class: 'reading'; readonly value: readonly Reading[] }
  | { readonly class: 'gap'; readonly value: Gap };

export type EntryClass = EntryBody['class'];

/** A device added, changed or removed. */
export interface InventoryChange {
  readonly change: 'added' | 'changed' | 'removed';
  readonly device: Device;
  readonly time: number;
}

/** A committed entry. */
export interface Entry {
  /** Position in the outbox: grows with every entry. */
  readonly seq: number;
  /** UUIDv7; the same on every retry and after every crash. */
  readonly id: string;
  /** Contiguous within its class, until the store loses its memory: then it leaps (a `lapse` in a gap), and is never given twice. */
  readonly sequence: number;
  /** The start of the daemon that wrote it. */
  readonly bootId: string;
  /** Wall milliseconds of the commit. */
  readonly recordedTime: number;
  /** The lane it travels in (`laneOf`), perhaps a graver one that a later entry of its subject lent it; what waited for the line travels three lanes lower. */
  readonly lane: number;
  readonly body: EntryBody;
}

/**
 * Lanes of the way to a destination, gravest first: 0 critical alarms, 1 steps of grants, 2 other alarms; 3 to 5 the same three of the past, which waited
 * for the line; 6 conditions, inventory, audit and gaps; 7 readings. This is the lane of an entry that has not waited.
 */
export function laneOf(body: EntryBody): number {
  switch (body.class) {
    case 'alarm':
      return body.value.severity === 'critical' ? 0 : 2;
    case 'grant':
      return 1;
    case 'condition':
    case 'inventory':
    case 'audit':
    case 'gap':
      return 6;
    case 'reading':
      return 7;
  }
}
