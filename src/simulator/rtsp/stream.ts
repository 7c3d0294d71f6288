// What an RTSP address stands for, as the server and its conversations see it.
import type { DigestGate } from '../credentials.ts';
import type { Clip } from './clip.ts';

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
