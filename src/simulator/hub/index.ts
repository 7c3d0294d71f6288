// The door of the simulator's hub.
export { openHub, type SimulatedHub } from './hub.ts';
