// The door of the simulator's cameras.
export type { CameraOptions, SimulatedCamera } from './camera.ts';
export { openFleet } from './fleet.ts';
export { cameraTopics } from './topics.ts';
