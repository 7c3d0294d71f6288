// Commands of the hub and what becomes of them.
import type { StreamOffer } from './access.ts';

/** A command as it came off the wire, its envelope checked, its body not yet. */
export interface Command {
  readonly id: string;
  readonly name: string;
  /** Wall milliseconds of the hub's clock. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The whole JSON object, at most 16 KiB, depth 8. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The answer to a command; it is always answered. */
export type Outcome =
  | { readonly id: string; readonly result: 'done'; readonly [key: string]: unknown }
  | {
      readonly id: string;
      readonly result: 'refused' | 'failed';
      readonly reason: string;
      readonly message: string;
      /** What would be given if it were asked for instead. */
      readonly offer?: StreamOffer;
    };
