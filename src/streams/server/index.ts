// The door of the server: RTSP readers, the guard against guessing, and listening.
export type { Visit } from './conversation.ts';
export { type Crowd, openCrowd } from './crowd.ts';
export { type Guard, guardDefaults, openGuard } from './guard.ts';
export { listen, readTls, type TlsFiles } from './listen.ts';
export { type Hall, makeRtspServer, type ReaderConnection } from './rtsp-server.ts';
export { tokenHashIn } from './token.ts';
