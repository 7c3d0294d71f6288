// The door of events: hearing a camera and what its messages mean.
export type { BreakCounts } from './breaks.ts';
export { type EventCounters, openCounters } from './counters.ts';
export type { DetectionFilter } from './detections.ts';
export type { Ear } from './ear.ts';
export { hear } from './hear.ts';
export type { HearOptions, HearWorld } from './hear-world.ts';
export { askOffered, type Offered } from './offered.ts';
export { openPullPointCalls, type PullPoint } from './pull-point.ts';
export { openSiteEvents, type SiteEvents } from './site.ts';
export type { TellDeps } from './tell.ts';
export { listTopics, type TopicRow } from './topic-list.ts';
