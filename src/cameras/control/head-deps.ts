// What a head needs of the site, who may ask it, and what it answers and tells.
import type { BongsuError } from '#base';
import type { PtzPolicy } from '#model';
import type { ControlOptions } from '../control-options.ts';
import type { HeadCalls } from './calls.ts';
import type { Called } from './reach.ts';

/** What the site allows with a head. */
export interface HeadRule {
  readonly policy: PtzPolicy;
  /** `home` or the token of a preset; empty: it stays where it was left. */
  readonly returnTo: string;
}

/** Who asks. */
export interface HeadAsker {
  /** `grant:ID` or `cli:USER`. */
  readonly holder: string;
  /** How long the holder may hold it at most, milliseconds; of a grant, what remains of it. */
  readonly remainingMs?: number;
}

/** What became of an order. A refusal is the site's own; `failed` is what the camera did not do. */
export type HeadOutcome<T = undefined> =
  | { readonly result: 'done'; readonly value: T }
  | { readonly result: 'refused'; readonly fault: BongsuError }
  | { readonly result: 'failed'; readonly fault: BongsuError };

/** What a head did without being told at that moment; for the audit. */
export interface HeadNews {
  readonly act: 'ptz.ended' | 'ptz.returned' | 'ptz.not-returned';
  readonly holder: string;
  /** Why, in English: `nobody told it to go on`. */
  readonly detail: string;
}

/** What a head needs. */
export interface HeadDeps {
  readonly options: ControlOptions;
  rule(): HeadRule;
  reach(): Promise<Called<HeadCalls>>;
  told(news: HeadNews): void;
  readonly closed: AbortSignal;
}
