// The door of the gateway's handle.
export { openStreams, type StreamEvent, type Streams, type StreamsDeps, type StreamsStatus } from './streams.ts';
