// Which registered cameras are where they are registered, as far as a look around may know: a blip is no move, and a move is seen soon after.

import { type Env, messageOf, type Service } from '#base';
import type { CameraStatus } from '#cameras';
import type { Findings, Registry } from '#registry';

/** Asks the cameras. */
export interface Presence {
  /** Ids of those that answer at their address, or did so lately. */
  online(): ReadonlySet<string>;
  /** Whether something answers at its address, though perhaps not to our login: then only a person says that it has moved. */
  answers(device: string): boolean;
}

/** Silence of `followAfter` milliseconds is more than a blip. */
export function openPresence(cameras: { status(): readonly CameraStatus[] }, { followAfter }: { readonly followAfter: number }): Presence {
  const isPresent = ({ state, silentMs }: CameraStatus): boolean =>
    state === 'online' || (silentMs > 0 ? silentMs < followAfter : state === 'connecting');
  return {
    online: () => new Set(cameras.status().flatMap((status) => (isPresent(status) ? status.id : []))),
    answers: (device) => cameras.status().some(({ id, silentMs }) => id === device && silentMs === 0),
  };
}

const lookEveryMs = 5000;
/** What was found so long ago may be elsewhere by now. */
const freshMs = 900_000;

/** A camera may be found at its new address while the silence at the old one is young: it is judged again as soon as that has lasted. */
export function judgeAgain(
  { online }: Pick<Presence, 'online'>,
  { findings, registry }: { readonly findings: Pick<Findings, 'list' | 'note'>; readonly registry: Pick<Registry, 'list'> },
  rules: { readonly follow: boolean },
  env: Env,
): Service {
  let gone = new Set<string>();
  const judge = async (): Promise<void> => {
    const present = online();
    const missing = new Set(registry.list('camera').flatMap(({ id }) => (present.has(id) ? [] : [id])));
    const fresh = new Set([...missing].filter((id) => !gone.has(id)));
    if (fresh.size > 0) {
      const since = env.clock.now() - freshMs;
      const again = (await findings.list()).filter(
        ({ device, meaning, lastSeen }) => fresh.has(device) && meaning === 'known' && lastSeen >= since,
      );
      const { followed } = await findings.note(again, rules);
      if (followed.length > 0)
        env.log.info({ followed: followed.length }, 'cameras are silent at their addresses and were found at others');
    }
    gone = missing;
  };
  return {
    name: 'moves of cameras',
    async run(signal) {
      while (!signal.aborted) {
        await env.clock.sleep(lookEveryMs, signal).catch(() => {});
        await judge().catch((error: unknown) => env.log.warn({ error: messageOf(error) }, 'moves of cameras wait for the store'));
      }
    },
  };
}
