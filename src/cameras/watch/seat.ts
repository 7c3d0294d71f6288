// A camera's place in its group, as its own loop holds it.

/** A camera's place in its group; dispose it when the camera is no longer watched. */
export interface Seat extends Disposable {
  /** The camera was given up as lost. `alone` is called once, now or later, when that is not the switch's doing; never after `found`. */
  lost(alone: () => void): void;
  /** Whether its group is lost as a whole now. */
  readonly isGroupLost: boolean;
  /** It answers. */
  found(): void;
}
