// What a bench is: figures with their meaning, and the run that measures them.

/** How a bench is run. */
export interface BenchOptions {
  /** An empty folder on the disk to be measured; it goes after the run. */
  readonly folder: string;
  /** 1 for figures that count, less for a look whether the bench runs: all times are multiplied by it. */
  readonly timeScale: number;
  /** Rows of a backlog; its own number when undefined. */
  readonly rows: number | undefined;
  /** Cameras of the cameras' bench; its own number when undefined. */
  readonly cameras: number | undefined;
  /** Says on standard error what is being done. */
  tell(text: string): void;
}

/** A figure, or several of one part by name. */
export type Value = number | Readonly<Record<string, number>>;

/** A bench. `figures` says what each is, with its conditions; `run` measures all of them within a minute, a backlog's within six. */
export interface Bench<Name extends string = string> {
  readonly figures: Readonly<Record<Name, string>>;
  run(options: BenchOptions): Promise<Readonly<Record<Name, Value>>>;
}
