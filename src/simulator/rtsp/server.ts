// The RTSP server of the virtual cameras: finds the stream that an address names and hands the connection to a conversation.
import { createServer } from 'node:net';
import type { Env } from '#base';
import type { DigestGate } from '../credentials.ts';
import { type Listening, listen } from '../listen.ts';
import type { Clip } from './clip.ts';
import { converse } from './conversation.ts';

/** What stands behind one address. */
export interface RtspStream {
  readonly clip: Clip;
  /** Undefined: anyone may look. */
  readonly gate: DigestGate | undefined;
  /** `silent`: no answer and no packets. `unauthorised`: 401 whatever the client says. */
  readonly fault: 'silent' | 'unauthorised' | undefined;
  /** Told when the stream begins to play to a client, with what cuts that client off; disposed when it ends. */
  playing(drop: () => void): Disposable;
}

/** Finds the stream of a path without its leading slash: `cam-1/main`. */
export type FindStream = (path: string) => RtspStream | undefined;

/** Opens the server (RFC 2326, interleaved TCP only). Throws `simulator.port-taken`. */
export async function openRtspServer(options: { host: string; port: number; find: FindStream }, env: Env): Promise<Listening> {
  const server = createServer({ noDelay: true }, (socket) => converse(socket, options.find, env));
  return await listen(server, options.host, options.port);
}
