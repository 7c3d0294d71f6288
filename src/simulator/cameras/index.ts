// The door of the simulator's cameras.
export type { CameraOptions, SimulatedCamera } from './camera.ts';
export type { CameraFault, CameraLogin } from './core.ts';
export { openFleet } from './fleet.ts';
export { type CameraTopic, cameraTopics } from './topics.ts';
