// Slots: how many cameras are worked on at the same time, first come first served.

/** A bounded number of slots. */
export interface Slots {
  /** Waits for a slot; dispose it to give it back. Rejects with the reason of `signal`. */
  take(signal: AbortSignal): Promise<Disposable>;
}

/** Opens `size` slots. */
export function openSlots(size: number): Slots {
  let free = size;
  const waiting = new Set<() => void>();
  const giveBack = (): void => {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const onAbort = (): void => {
          waiting.delete(resolve);
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.add(resolve);
        await promise.finally(() => signal.removeEventListener('abort', onAbort));
      }
      let held = true;
      return {
        [Symbol.dispose]() {
          if (held) giveBack();
          held = false;
        },
      };
    },
  };
}
