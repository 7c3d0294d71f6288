// The door of paths: pictures of one channel and quality, from one camera connection to all readers.
export { type Backlog, openBacklog, openShare } from './backlog.ts';
export type { PathDeps, PathEvents, PathKey } from './feed.ts';
export type { Member } from './path.ts';
export { openPaths, type Paths } from './paths.ts';
export { openReader, type Reader, type ReaderLine } from './reader.ts';
export type { Description } from './seats.ts';
