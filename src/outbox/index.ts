// The door of outbox: the durable queue and its cursors, one for each destination.
export type { DroppedDestination } from './destinations.ts';
export { type Outbox, openOutbox } from './outbox.ts';
export type { DestinationStats, OutboxStats } from './stats.ts';
