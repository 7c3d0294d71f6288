// What hearing one camera is handed: how long things may take, and whom it tells.
import type { SoapSession } from '../soap/index.ts';
import type { EventCounters } from './counters.ts';
import type { Listener } from './listener.ts';
import type { PullPoint } from './pull-point.ts';
import type { PushDoor } from './push-door.ts';

/** How a camera is heard; times in milliseconds. */
export interface HearOptions {
  readonly pullWait: number;
  readonly pullMessages: number;
  readonly subscription: number;
  readonly maxReply: number;
  /** How often a camera that pushes is asked whether it is there. */
  readonly checkEvery: number;
  /** What a pull may take beyond its wait. */
  readonly graceMs: number;
}

/** What hearing a camera needs to know and to hand over. */
export interface HearWorld {
  readonly session: SoapSession;
  readonly events: URL;
  readonly listener: Listener;
  readonly counters: EventCounters;
  /** The pull point of before, to be resumed. */
  readonly kept: PullPoint | undefined;
  /** Where the site has a door for pushes; `always`: this camera is to push, else only one that cannot be pulled. */
  readonly door?: { readonly door: PushDoor; readonly always: boolean } | undefined;
  /** Remembers the pull point, durably, or that there is none. */
  keep(point: PullPoint | undefined): Promise<void>;
  /** The first pull was answered: all is well. */
  healthy(): Promise<void>;
  /** A renewal was due: the time for other things that are due now and then. */
  renewed(): Promise<void>;
}
