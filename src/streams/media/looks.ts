// The looks of the media process: bounded in number and time, and spared where the pictures of that channel come for somebody anyway.
import type { Env } from '#base';
import type { Look, LookAsk } from '#model';
import type { PathReport } from '../protocol.ts';
import { look } from '../source/index.ts';

/** What the looks need of the process. */
export interface LooksDeps {
  readonly readBuffer: Uint8Array;
  readonly paths: () => readonly Pick<PathReport, 'device' | 'channel' | 'quality' | 'state' | 'codec'>[];
}

/** Takes looks. */
export interface Looks {
  /** Undefined when too many are under way: nothing is known then. Never rejects. */
  take(ask: LookAsk, timeoutMs: number): Promise<Look | undefined>;
}

/** A camera whose last reader has just left still sends: it is not asked a second time, for some have one place only. */
const hasPictures: ReadonlySet<PathReport['state']> = new Set(['ready', 'closing']);
/** Looks at the same time. */
const maxLooks = 64;

/** Opens the looks; they end with `signal`. */
export function openLooks(deps: LooksDeps, env: Env, signal: AbortSignal): Looks {
  let underway = 0;
  return {
    async take({ device, channel, quality, source, depth }, timeoutMs) {
      const open = deps
        .paths()
        .find((path) => hasPictures.has(path.state) && path.device === device && path.channel === channel && path.quality === quality);
      if (open?.codec && open.codec !== 'metadata') return { result: 'seen', codec: open.codec, tookMs: 0 };
      if (underway >= maxLooks) return undefined;
      underway += 1;
      const limit = new AbortController();
      using _timer = env.clock.after(timeoutMs, () => limit.abort());
      try {
        // Shorter than the whole, so that what the camera leaves out is named before the time is over.
        const stepMs = timeoutMs * 0.8;
        const options = { source, replyTimeoutMs: stepMs, frameTimeoutMs: stepMs, readBuffer: deps.readBuffer };
        return await look(options, depth, env, AbortSignal.any([signal, limit.signal]));
      } finally {
        underway -= 1;
      }
    },
  };
}
