// What the polling needs of a line, serial or TCP: one exchange at a time.
import type { Request } from './pdu.ts';

/** How one exchange went. */
export type Answer =
  | { readonly result: 'data'; readonly values: readonly number[] }
  | { readonly result: 'exception'; readonly code: number }
  /** Nothing in time; `garbled`: bytes came, but no frame that answers. */
  | { readonly result: 'timeout'; readonly garbled: boolean }
  /** The line cannot vouch for what this unit answers before `ms` have passed: ask again then. */
  | { readonly result: 'wait'; readonly ms: number };

/** An open line. */
export interface Line extends AsyncDisposable {
  /**
   * Asks `unit` and waits for its answer, `limitMs` instead of the bus's own response time where given; never two at once. Rejects with
   * `sensors.line-lost` when the line is gone, or with the signal's reason.
   */
  exchange(unit: number, request: Request, signal: AbortSignal, limitMs?: number): Promise<Answer>;
}
