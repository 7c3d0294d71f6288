// Outbox entries: what must reach a destination, as domain values; each destination encodes when it sends.
import type { AuditHead, GrantStep } from './access.ts';
import type { Condition, Transition } from './alarm.ts';
import type { Device } from './device.ts';

/** What an entry carries. */
export type EntryBody =
  | { readonly class: 'alarm'; readonly value: Transition }
  | { readonly class: 'condition'; readonly value: Condition }
  | { readonly class: 'inventory'; readonly value: InventoryChange }
  | { readonly class: 'grant'; readonly value: GrantStep }
  | { readonly class: 'audit'; readonly value: AuditHead };

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
  /** Contiguous within its class, from 1. */
  readonly sequence: number;
  /** The start of the daemon that wrote it. */
  readonly bootId: string;
  /** Wall milliseconds of the commit. */
  readonly recordedTime: number;
  /** The lane it travels in: that of `laneOf`, or a graver one that a later entry of its subject lent it. */
  readonly lane: number;
  readonly body: EntryBody;
}

/**
 * Lanes of the way to a destination, gravest first: 0 critical alarms, 1 steps of grants, 2 other alarms, 3 conditions, 4 inventory and audit.
 */
export function laneOf(body: EntryBody): number {
  switch (body.class) {
    case 'alarm':
      return body.value.severity === 'critical' ? 0 : 2;
    case 'grant':
      return 1;
    case 'condition':
      return 3;
    case 'inventory':
    case 'audit':
      return 4;
  }
}
