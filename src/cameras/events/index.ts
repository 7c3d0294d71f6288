// The door of events: hearing a camera and what its messages mean.
export { openBoard } from './board.ts';
export { type EventCounters, openCounters } from './counters.ts';
export { hear } from './hear.ts';
export { openPullPointCalls, type PullPoint } from './pull-point.ts';
export { openPulses, type Pulses } from './pulses.ts';
export { openTeller, type TellDeps } from './tell.ts';
