// The RTSP server of the virtual cameras: finds the stream that an address names and hands the connection to a conversation.
import { createServer } from 'node:net';
import type { Env } from '#base';
import { type Listening, listen } from '../listen.ts';
import { converse } from './conversation.ts';
import type { FindStream } from './stream.ts';

/** Opens the server (RFC 2326, interleaved TCP only). Throws `simulator.port-taken`. */
export async function openRtspServer(options: { host: string; port: number; find: FindStream }, env: Env): Promise<Listening> {
  const server = createServer({ noDelay: true }, (socket) => converse(socket, options.find, env));
  return await listen(server, options.host, options.port);
}
