// The door of streams: the relay of pictures on demand.
export { streamsFaults } from './faults.ts';
export { type RemuxerPort, runRemuxer } from './flv/index.ts';
export { type Earlier, openStreams, type StreamEvent, type Streams, type StreamsDeps, type StreamsStatus } from './handle/index.ts';
export { type MediaEntries, type MediaPort, runMedia } from './media/index.ts';
export type { Lease, SessionEnd } from './protocol.ts';
export { openRates } from './rates.ts';
