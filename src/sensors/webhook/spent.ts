// Signatures whose messages are committed, also by an earlier life: the same again is the same message and judged no more.
import { type Clock, plausibleFromMs } from '#base';
import { type MessageWorld, valueAt } from '../messages/index.ts';

/** A signature, by a digest of time and body. */
export interface Signed {
  readonly name: string;
  /** Wall milliseconds that it states; undefined where it is no time, which only passes while our own clock was never set. */
  readonly sentMs: number | undefined;
}

/** The memory of one sender. Both reject while the store fails. */
export interface Spent {
  /** `late`: so many came since that it can no longer be told whether this one did. */
  judge(signed: Signed): Promise<'new' | 'spent' | 'late'>;
  /** Resolves when a later life knows it too. */
  add(signed: Signed): Promise<void>;
}

const maxSpent = 10_000;
/** A later life is told of the newest, and until when those that it is not told of were sent: 3 KiB for each message. */
const maxKept = 200;
const nameLength = 16;

/** Opens the memory of `source`: of times that are twice the window old nothing needs to be known, for they are refused. */
export function openSpent(
  { source, window }: { readonly source: string; readonly window: number },
  { clock, marks }: { readonly clock: Pick<Clock, 'now'>; readonly marks: MessageWorld['deps']['marks'] },
): Spent {
  const names = new Map<string, number>();
  let untilMs = 0;
  let loading: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const kept = parseKept(await marks.recall(source));
    untilMs = kept.untilMs;
    for (const [name, sentMs] of kept.names) names.set(name, sentMs);
  };
  const loaded = (): Promise<void> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const forget = (): void => {
    const now = clock.now();
    for (const [name, sentMs] of names) {
      const isOld = now >= plausibleFromMs && sentMs + 2 * window < now;
      if (!isOld && names.size <= maxSpent) return;
      names.delete(name);
      if (!isOld) untilMs = Math.max(untilMs, sentMs);
    }
  };
  const write = async (): Promise<void> => {
    next = undefined;
    const all = [...names];
    const until = all.slice(0, -maxKept).reduce((latest, [, sentMs]) => Math.max(latest, sentMs), untilMs);
    await marks.keep({ source, mark: JSON.stringify({ until, names: all.slice(-maxKept) }) });
  };
  return {
    async judge({ name, sentMs }) {
      await loaded();
      if (names.has(name.slice(0, nameLength))) return 'spent';
      return sentMs !== undefined && sentMs <= untilMs ? 'late' : 'new';
    },
    async add({ name, sentMs = 0 }) {
      await loaded();
      names.set(name.slice(0, nameLength), sentMs);
      forget();
      // What comes while one is written shares the next.
      next ??= writing.then(write);
      writing = next.catch(() => {});
      await next;
    },
  };
}

function parseKept(text: string | undefined): { readonly untilMs: number; readonly names: readonly (readonly [string, number])[] } {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    const [until, names] = [valueAt(value, 'until'), valueAt(value, 'names')];
    const known = (Array.isArray(names) ? names : []).flatMap((each: unknown): (readonly [string, number])[] =>
      Array.isArray(each) && typeof each[0] === 'string' && typeof each[1] === 'number' ? [[each[0], each[1]]] : [],
    );
    return { untilMs: typeof until === 'number' ? until : 0, names: known };
  } catch {
    return { untilMs: 0, names: [] };
  }
}
