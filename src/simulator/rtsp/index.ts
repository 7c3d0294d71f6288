// The door of the simulator's RTSP side.
export { type Clip, loadClip, loadStill } from './clip.ts';
export { takeRtsp, writeRtsp } from './message.ts';
export { readSections } from './sdp.ts';
export { openRtspServer } from './server.ts';
export type { RtspStream } from './stream.ts';
