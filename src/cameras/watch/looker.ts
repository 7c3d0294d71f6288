// Looking at a camera's pictures under the gate of its login: so many at once, and never a refused login again too soon.
import type { Login } from '#base';
import type { Look, LookAsk } from '#model';
import type { Slots } from '../slots.ts';
import type { LoginGate } from '../soap/index.ts';

/** What became of a look: `waits` when its login was refused lately, `unknown` when the media process cannot say. */
export type Looked = Look | { readonly result: 'waits'; readonly waitMs: number } | { readonly result: 'unknown' };

/** Looks at cameras. Rejects with the reason of `signal` alone. */
export interface Looker {
  /** `host`: of the camera, under which its refused login is remembered. */
  look(host: string, ask: LookAsk, signal: AbortSignal): Promise<Looked>;
}

/** What the looker is handed. */
export interface LookerDeps {
  /** Asks the media process; undefined when it cannot say. Never rejects. */
  look(ask: LookAsk, timeoutMs: number): Promise<Look | undefined>;
  readonly gate: LoginGate;
  readonly slots: Slots;
}

/** RTSP's own place at the gate. */
export function rtspDoor(host: string): string {
  return `rtsp:${host}`;
}

/** Opens the looker. RTSP has its own place at the gate: where it refuses what ONVIF takes, events shall go on. */
export function openLooker(options: { readonly timeout: number }, deps: LookerDeps): Looker {
  const { gate, slots } = deps;
  return {
    async look(host, ask, signal) {
      const { user, password } = ask.source;
      const login: Login | undefined = user === '' ? undefined : { user, password };
      const door = rtspDoor(host);
      using _slot = await slots.take(signal);
      const waitMs = login ? gate.waitMs(door, login) : 0;
      if (waitMs > 0) return { result: 'waits', waitMs };
      const seen = await unlessAborted(deps.look(ask, options.timeout), signal);
      if (!seen) return { result: 'unknown' };
      if (!login) return seen;
      if (seen.result === 'seen') gate.accepted(door, login);
      else if (seen.reason === 'login-refused' && !seen.basicOnly) gate.refused(door, login);
      return seen;
    },
  };
}

/** The end of the daemon does not wait for a camera. */
async function unlessAborted<T>(looking: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return await Promise.race([looking, promise]).finally(() => signal.removeEventListener('abort', onAbort));
}
