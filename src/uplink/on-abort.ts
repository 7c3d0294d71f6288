// Many that wait on one signal: a listener of its own for each costs more than the wait.

interface Waiting {
  readonly acts: Set<() => void>;
  readonly listener: () => void;
}

const waitingOn = new WeakMap<AbortSignal, Waiting>();

/** Calls `act` when `signal` aborts, unless what is returned is called before. The signal has not aborted yet. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const { acts, listener } = waitingOn.get(signal) ?? listen(signal);
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size > 0 || !waitingOn.delete(signal)) return;
    // A signal that is made of others lives as long as somebody listens to it.
    signal.removeEventListener('abort', listener);
  };
}

function listen(signal: AbortSignal): Waiting {
  const acts = new Set<() => void>();
  const listener = (): void => {
    waitingOn.delete(signal);
    for (const act of acts) act();
  };
  const waiting = { acts, listener };
  waitingOn.set(signal, waiting);
  signal.addEventListener('abort', listener, { once: true });
  return waiting;
}
