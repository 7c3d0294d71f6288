// The door of onvif: who a camera is, what it shows and what else it can do.
export type { StreamChoice } from './channels.ts';
export { askDetails, type CameraDetails } from './details.ts';
export { type CameraProfile, identifyCamera, type IdentifyWishes } from './identify.ts';
export { type Preset, readPresets } from './replies.ts';
