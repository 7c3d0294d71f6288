// The door of onvif: who a camera is, what it shows and what else it can do.
export type { StreamChoice } from './channels.ts';
export { askDetails, type CameraDetails } from './details.ts';
export { type CameraProfile, type IdentifyWishes, identifyCamera } from './identify.ts';
export { askKeyFrame } from './key-frame.ts';
export { openPackage, type PackageCalls } from './package.ts';
export { type Preset, type RelayOutput, readPresets, readRelays } from './replies.ts';
export { findServices } from './services.ts';
