// The door of the simulator's cameras.
export { type Crowd, openCrowd, type Stream } from './crowd.ts';
export { type CameraFault, cameraFaults } from './fault.ts';
export { openFleet } from './fleet.ts';
export type { SimulatedCamera } from './handle.ts';
export { type CameraOptions, natureOf } from './nature.ts';
export { type PersonalityName, personalityNames } from './personality/index.ts';
export { cameraTopics } from './topics.ts';
