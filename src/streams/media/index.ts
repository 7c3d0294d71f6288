// The door of the media process.
export { type MediaEntries, type MediaPort, runMedia } from './run-media.ts';
