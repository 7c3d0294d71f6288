// The door of the gateway's handle.
export type { Earlier, StreamEvent, Streams, StreamsDeps, StreamsStatus } from './contract.ts';
export { openStreams } from './streams.ts';
