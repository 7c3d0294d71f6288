// The door of cameras: ONVIF cameras, known, supervised and heard.
export { openCameras } from './cameras.ts';
export type { CameraStatus, Cameras, CamerasDeps } from './contract.ts';
export type { CameraControl, HeadOutcome } from './control/index.ts';
export { wrongEntry } from './credentials/index.ts';
export { verdictOf } from './diagnosis/index.ts';
export { explain } from './faults.ts';
export { type CamerasOptions, camerasOptions } from './options.ts';
export type { Identification } from './probe.ts';
export type { CameraRecord } from './supervise.ts';
export type { Sight } from './watch/index.ts';
