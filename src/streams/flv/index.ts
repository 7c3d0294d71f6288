// The door of FLV: node-media-server in a child of its own, and what is needed to pass on what it makes.
export { type FlvLine, type FlvPump, openFlvPump } from './flv-pump.ts';
export { type FeedUse, openRemuxer, type Remuxer } from './remuxer.ts';
export { type RemuxerPort, runRemuxer } from './run-remuxer.ts';
