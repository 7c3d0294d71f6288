// The door of onvif: who a camera is and what it shows.
export { type CameraProfile, identifyCamera } from './identify.ts';
