// How one camera is doing, for whoever asks: written by its loop alone.
import type { Env, Login, Text } from '#base';
import { type Ailment, ailmentFor } from './ailments.ts';
import { type Ear, type EventCounters, openCounters } from './events/index.ts';
import { explain, type Failure } from './faults.ts';
import type { CameraProfile } from './onvif/index.ts';
import { openTrust, type SoapSession, type Trust } from './soap/index.ts';
import { openTroubles, type Troubles } from './troubles.ts';
import { openWaker, type Waker } from './waker.ts';

/** How a camera is doing; written by its loop alone. */
export interface CameraState {
  state: 'connecting' | 'online' | 'lost' | 'login-refused' | 'fault';
  /** Wall milliseconds since when it is so. */
  since: number;
  message: Text | undefined;
  profile: CameraProfile | undefined;
  session: SoapSession | undefined;
  /** What is remembered of its events; undefined until the store has answered. */
  ear: Ear | undefined;
  /** Whom its HTTPS is believed: by its loop, and by all who ask it besides. */
  readonly trust: Trust;
  /** Monotonic milliseconds since when nothing answers at its address; undefined: something does, or it was not asked yet. */
  silentSinceMs: number | undefined;
  /** The login that the camera is asked with. */
  login: Login | undefined;
  /** Ends the wait for the next attempt. */
  readonly waker: Waker;
  readonly counters: EventCounters;
  readonly troubles: Troubles;
}

const states: Readonly<Record<Ailment, CameraState['state']>> = {
  'camera-lost': 'lost',
  'camera-login-refused': 'login-refused',
  'camera-fault': 'fault',
};

/** A camera of which nothing is known yet. */
export function openCameraState(env: Env): CameraState {
  return {
    state: 'connecting',
    since: env.clock.now(),
    message: undefined,
    profile: undefined,
    session: undefined,
    ear: undefined,
    trust: openTrust(),
    silentSinceMs: undefined,
    login: undefined,
    waker: openWaker(env.clock),
    counters: openCounters(),
    troubles: openTroubles(),
  };
}

/** The state of a camera with that failure. */
export function enterIll(state: CameraState, failed: Failure, env: Env): void {
  enter(state, states[ailmentFor(failed)], explain(failed).message, env);
}

/** Changes the state; `since` moves only with it. */
export function enter(state: CameraState, next: CameraState['state'], message: Text | undefined, env: Env): void {
  if (state.state !== next) state.since = env.clock.now();
  state.state = next;
  state.message = message;
}
