// The door of control: heads, relays, restarts and clocks of cameras.
export { type CameraControl, type ControlDeps, openControl } from './control.ts';
export type { HeadNews, HeadOutcome, HeadRule } from './head-deps.ts';
export { type KnownCamera, openControlWorld } from './reach.ts';
