// Telling again what stands: when the store has lost its memory, what it had told or was about to tell of an open alarm may be lost with it.
import type { Conditions } from './conditions.ts';
import type { Standing } from './standing.ts';
import type { Steps } from './steps.ts';

/** How far the telling is: after this alarm's row, then after this condition. */
export type RestateCursor = { readonly row: number } | { readonly condition: readonly [device: string, channel: string, kind: string] };

/** One step of it. */
export interface RestateAsk {
  /** Where the last step ended; undefined to begin. */
  readonly after: RestateCursor | undefined;
  /** Alarms or conditions of this step: 1 … 1,000. */
  readonly limit: number;
}

/** What the procedure works with. */
export interface RestateDeps {
  readonly standing: Pick<Standing, 'openAfter'>;
  readonly steps: Pick<Steps, 'restate'>;
  readonly conditions: Pick<Conditions, 'restate'>;
}

const maxLimit = 1000;

/**
 * Opens the procedure. Open alarms are told as `raised` with the reason `restated`, under the name and with the time that they have; then conditions. What a flood
 * withholds is told by the flood. Answers where to go on; undefined when all is told.
 */
export function openRestate({ standing, steps, conditions }: RestateDeps): (ask: RestateAsk) => RestateCursor | undefined {
  return ({ after = { row: 0 }, limit }) => {
    const bound = Math.max(1, Math.min(limit, maxLimit));
    if ('condition' in after) {
      const last = conditions.restate(after.condition, bound);
      return last && { condition: last };
    }
    const open = standing.openAfter(after.row, bound);
    for (const alarm of open) steps.restate(alarm);
    const last = open.at(-1);
    return last ? { row: last.row } : { condition: ['', '', ''] };
  };
}
