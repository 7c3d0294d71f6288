// The door of the server: RTSP readers, the guard against guessing, and listening.
export { sessionTimeoutS, type Visit } from './conversation.ts';
export { openCrowd } from './crowd.ts';
export { type Guard, guardDefaults, openGuard } from './guard.ts';
export { listen, readTls, type TlsFiles } from './listen.ts';
export { type Hall, makeRtspServer, type ReaderConnection } from './rtsp-server.ts';
export { openThreshold } from './threshold.ts';
export { tokenHashIn } from './token.ts';
export type { Transport } from './transport.ts';
export type { UdpLine } from './udp-line.ts';
export { openUdpPorts, type UdpPorts } from './udp-ports.ts';
