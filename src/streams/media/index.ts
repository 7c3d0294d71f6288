// The door of the media process.
export { type MediaPort, runMedia } from './run-media.ts';
