// What cameras say of themselves, on its way to the registry: a camera that says something else at each connection makes no inventory of its own.
import { hash } from 'node:crypto';
import { type Env, messageOf, type Service } from '#base';
import type { SuperviseDeps } from './supervise.ts';

type Identified = SuperviseDeps['identified'];

/** The pace of what reaches the registry. */
export interface IdentityPace {
  /** Hands it on at once, or keeps the newest for later. Rejects with what the registry rejects with. */
  readonly identified: Identified;
  /** The camera is gone: what was kept of it is no news. */
  forget(id: string): void;
  /** Hands on what was kept. */
  readonly service: Service;
}

interface Window {
  readonly sinceMs: number;
  /** Hash of what was said last, and how often it was something else. */
  print: string;
  changes: number;
  kept: Parameters<Identified> | undefined;
}

const windowMs = 600_000;
const lookEveryMs = 30_000;
/** In ten minutes: who it is, what it can do, and both once more after an update of its firmware. */
const maxChanges = 4;

/** Opens the pace; `identified` is the registry's. */
export function openIdentityPace(identified: Identified, env: Env): IdentityPace {
  const windows = new Map<string, Window>();
  const now = (): number => env.clock.monotonicMs();
  const isOver = ({ sinceMs }: Window): boolean => now() - sinceMs >= windowMs;
  const flush = async (id: string, { kept }: Window): Promise<void> => {
    windows.delete(id);
    if (kept) await pace.identified(...kept);
  };
  const pace: IdentityPace = {
    async identified(...said) {
      const [id, ...rest] = said;
      const known = windows.get(id);
      const window = known && !isOver(known) ? known : { sinceMs: now(), print: '', changes: 0, kept: undefined };
      windows.set(id, window);
      const print = hash('md5', JSON.stringify(rest), 'base64');
      if (print !== window.print) window.changes += 1;
      window.print = print;
      window.kept = window.changes > maxChanges ? said : undefined;
      if (!window.kept) await identified(...said);
      else if (window.changes === maxChanges + 1) env.log.warn({ camera: id }, 'a camera says something else of itself at each connection');
    },
    forget: (id) => void windows.delete(id),
    service: {
      name: 'what cameras say of themselves',
      async run(signal) {
        while (!signal.aborted) {
          await env.clock.sleep(lookEveryMs, signal).catch(() => {});
          for (const [id, window] of windows) {
            if (!isOver(window)) continue;
            await flush(id, window).catch((error: unknown) =>
              env.log.warn({ camera: id, error: messageOf(error) }, 'an identity was not kept'),
            );
          }
        }
      },
    },
  };
  return pace;
}
