// The door of the source: the RTSP client, and the pieces that it makes of a camera's packets.
export { Continuity } from './continuity.ts';
export { look } from './look.ts';
export { onChannels, type Piece, pieceChannels } from './pieces.ts';
export { runSource } from './source.ts';
