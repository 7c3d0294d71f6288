// What a torture is: a real gateway among real peers that are made to fail, and the count of what went lost meanwhile.

/** How a torture is run. */
export interface TortureOptions {
  /** How often the blow falls, where the torture is one of blows. */
  readonly rounds: number | undefined;
  /** How long the line stays down, milliseconds; undefined for the torture's own. */
  readonly outageMs: number | undefined;
  /** How long the line flaps, milliseconds; undefined for the torture's own. */
  readonly flapMs: number | undefined;
  /** How long the pack of hostile cameras, or strangers at a real media process, last, milliseconds; undefined for the torture's own. */
  readonly lastMs?: number | undefined;
  /** How many broken messages are sent, where the torture is one of them. */
  readonly messages?: number | undefined;
  /** What a random torture begins from: the same again for the same. */
  readonly seed?: number | undefined;
  /** Only these scenarios, where the torture has several; empty for all. */
  readonly only: readonly string[];
  /** Says on standard error what is being done. */
  tell(text: string): void;
}

/** What came of it: figures for people and machines, and whether the gateway stood it. */
export interface Ordeal {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly stood: boolean;
}

export type Torture = (options: TortureOptions) => Promise<Ordeal>;
