// Keeps the subscriptions of one source standing, and fetches what the platform could not tell us: it tells nothing twice.
import { BongsuError, type Env, openBackoff, type Text, troubleOf } from '#base';
import type { SensorMarks } from '../driver.ts';
import type { LineHealth } from '../line-health.ts';
import type { CseOptions } from '../onem2m-options.ts';
import type { Containers } from './containers.ts';
import type { Instance } from './notification.ts';
import type { Platform } from './platform.ts';

/** What the keeper works with. */
export interface KeeperParts {
  readonly id: string;
  readonly options: CseOptions;
  /** What the platform is to notify. */
  readonly target: string;
  readonly platform: Platform;
  readonly containers: Containers;
  readonly health: LineHealth;
  readonly marks: SensorMarks;
  /** Whether notifications can come: a platform verifies a subscription while it is made. */
  isListening(): boolean;
  /** Resolves after the commit. `isOld`: nothing of this container was taken before; it tells how things stand, and is no event. */
  take(container: string, instance: Instance, isOld: boolean): Promise<unknown>;
}

/** The keeper of one source. */
export interface Keeper {
  /** An instance of this container was taken by notification. */
  taken(container: string | undefined, instance: Instance): void;
  /** Looks again at once. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
  /** Why the platform cannot be asked. */
  problem(): Text | undefined;
}

const failuresToSay = 2;
const retryMs = { minMs: 2000, maxMs: 300_000 };
const startMs = 200;
const answered = ['container-missing', 'cloud-answer', 'cloud-refused', 'subscription-unverified'].map((reason) => `sensors.${reason}`);

/** Opens the keeper. */
export function openKeeper(parts: KeeperParts, env: Env): Keeper {
  const { id, options, target, platform, containers, health, marks } = parts;
  const source = `onem2m ${id}`;
  const backoff = openBackoff(retryMs, env.random);
  /** The newest instance of each container that was taken. */
  let newest = new Map<string, string>();
  let kept = '';
  let turns = 0;
  let trouble: Text | undefined;
  let wake = Promise.withResolvers<void>();

  /** What is taken while the newest is fetched is newer than it. */
  const catchUp = async (container: string, signal: AbortSignal): Promise<void> => {
    const before = turns;
    const instance = await platform.latest(container, signal);
    if (!instance?.name || newest.get(container) === instance.name || turns !== before) return;
    await parts.take(container, instance, !newest.has(container));
    newest.set(container, instance.name);
  };
  const keep = async (): Promise<void> => {
    const mark = JSON.stringify([...newest].filter(([container]) => options.containers.includes(container)));
    if (mark === kept) return;
    await marks.keep({ source, mark });
    kept = mark;
  };
  const lookAt = async (container: string, signal: AbortSignal): Promise<void> => {
    const { ids } = await platform.subscribe(container, target, signal);
    for (const each of ids) containers.learn(each, container);
    if (options.latest) await catchUp(container, signal);
  };
  /** What is wrong with one container keeps no other from being heard; rejects with the first fault when all are looked at. */
  const look = async (signal: AbortSignal): Promise<void> => {
    let first: BongsuError | undefined;
    for (const container of options.containers) {
      await lookAt(container, signal).catch((error: unknown) => {
        if (!isOfContainer(error)) throw error;
        first ??= error;
      });
    }
    await keep();
    if (first) throw first;
  };
  const recall = async (): Promise<void> => {
    const mark = await marks.recall(source);
    if (mark === undefined || kept !== '') return;
    newest = new Map([...readMark(mark), ...newest]);
    kept = mark;
  };
  return {
    taken(container, { name }) {
      turns += 1;
      if (container !== undefined && name !== undefined) newest.set(container, name);
    },
    wake: () => wake.resolve(),
    async run(signal) {
      while (!signal.aborted && !parts.isListening()) await env.clock.sleep(startMs, signal).catch(() => {});
      let failures = 0;
      while (!signal.aborted) {
        let waitMs = options.check;
        wake = Promise.withResolvers();
        try {
          await recall();
          await look(signal);
          failures = 0;
          trouble = undefined;
          backoff.reset();
          health.works();
        } catch (error) {
          if (signal.aborted) break;
          failures += 1;
          waitMs = Math.min(options.check, backoff.next());
          if (!(error instanceof BongsuError) || !error.code.startsWith('sensors.')) {
            env.log.error({ source: id, error: troubleOf(error).detail }, 'the store does not take an instance; it is asked for again');
          } else {
            const { message, detail } = troubleOf(error);
            trouble = message;
            if (failures >= failuresToSay) health.broken(message, detail);
          }
        }
        const awake = new AbortController();
        await Promise.race([wake.promise, env.clock.sleep(waitMs, AbortSignal.any([signal, awake.signal])).catch(() => {})]);
        awake.abort();
      }
      await keep().catch(() => {});
    },
    problem: () => trouble,
  };
}

/** An answer, though a bad one: the platform is there. */
function isOfContainer(error: unknown): error is BongsuError {
  return error instanceof BongsuError && answered.includes(error.code);
}

/** What was kept; nothing when it cannot be read any more. */
function readMark(mark: string): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(mark);
    if (!Array.isArray(value)) return [];
    return value.flatMap((pair): [string, string][] =>
      Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string' ? [[pair[0], pair[1]]] : [],
    );
  } catch {
    return [];
  }
}
