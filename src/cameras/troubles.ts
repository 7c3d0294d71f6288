// The last troubles of one camera, for whoever asks afterwards: each once with how often it came in a row.
import type { Text } from '#base';
import { explain, type Failure } from './faults.ts';

/** One trouble. */
export interface Trouble {
  /** Wall milliseconds of its first and its last time in a row. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly message: Text;
  readonly hint: Text;
}

/** The troubles since the start; the last ten. */
export interface Troubles {
  note(failed: Failure, at: number): void;
  /** The newest first. */
  list(): readonly Trouble[];
}

const maxTroubles = 10;

interface Known {
  readonly kind: Failure['kind'];
  trouble: Trouble;
}

/** None yet. */
export function openTroubles(): Troubles {
  return new Noted();
}

/** A class, for there are thousands, and closures cost memory each. */
class Noted implements Troubles {
  /** None where there never was one. */
  #known: Known[] | undefined;

  note(failed: Failure, at: number): void {
    this.#known ??= [];
    const last = this.#known[0];
    const words = explain(failed);
    if (last?.kind === failed.kind) last.trouble = { ...last.trouble, ...words, to: at, count: last.trouble.count + 1 };
    else this.#known.unshift({ kind: failed.kind, trouble: { from: at, to: at, count: 1, ...words } });
    this.#known.length = Math.min(this.#known.length, maxTroubles);
  }

  list(): readonly Trouble[] {
    return this.#known?.map(({ trouble }) => trouble) ?? [];
  }
}
