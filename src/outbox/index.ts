// The door of outbox: the durable queue and its cursors, one for each destination.
export type { Refusal } from './dead.ts';
export type { DroppedDestination } from './destinations.ts';
export { openReadings, type Readings } from './gather.ts';
export { type DeadLetter, type DeliveryTurn, type Outbox, openOutbox } from './outbox.ts';
export type { DestinationStats, OutboxStats } from './stats.ts';
