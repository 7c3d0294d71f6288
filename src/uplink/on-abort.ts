// Many that wait on one signal: a listener of its own for each costs more than the wait.
import { openRoster, type Roster } from './roster.ts';

interface Waiting {
  readonly acts: Roster<() => void>;
  readonly listener: () => void;
}

const waitingOn = new WeakMap<AbortSignal, Waiting>();

/** Calls `act` when `signal` aborts, unless what is returned is called before. The signal has not aborted yet. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const { acts, listener } = waitingOn.get(signal) ?? listen(signal);
  const place = acts.add(act);
  return () => {
    if (!acts.leave(place) || acts.size > 0 || !waitingOn.delete(signal)) return;
    // A signal that is made of others lives as long as somebody listens to it.
    signal.removeEventListener('abort', listener);
  };
}

function listen(signal: AbortSignal): Waiting {
  const acts = openRoster<() => void>();
  const listener = (): void => {
    waitingOn.delete(signal);
    for (let act = acts.shift(); act; act = acts.shift()) act();
  };
  const waiting = { acts, listener };
  waitingOn.set(signal, waiting);
  signal.addEventListener('abort', listener, { once: true });
  return waiting;
}
