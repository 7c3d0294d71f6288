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

/** None yet. */
export function openTroubles(): Troubles {
  const known: { readonly kind: Failure['kind']; trouble: Trouble }[] = [];
  return {
    note(failed, at) {
      const last = known[0];
      const words = explain(failed);
      if (last?.kind === failed.kind) last.trouble = { ...last.trouble, ...words, to: at, count: last.trouble.count + 1 };
      else known.unshift({ kind: failed.kind, trouble: { from: at, to: at, count: 1, ...words } });
      known.length = Math.min(known.length, maxTroubles);
    },
    list: () => known.map(({ trouble }) => trouble),
  };
}
