// The door of onvif: who a camera is, what it shows and what else it can do.
export type { StreamChoice, StreamRule } from './channels.ts';
export { askDetails, type CameraDetails } from './details.ts';
export { type CameraChannel, type CameraProfile, identifyCamera } from './identify.ts';
