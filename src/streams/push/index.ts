// The door of pushes.
export { openPushes, type Pushes } from './pushes.ts';
