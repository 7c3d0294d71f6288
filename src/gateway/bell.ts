// A bell for loops that wait for work: it remembers one ring, so that none is missed between looking and waiting.

/** Rings and waits; one waiter at a time. */
export interface Bell {
  ring(this: void): void;
  /** Resolves at the next ring, at once if it has rung since the last wait, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

/** Opens a bell that has not rung. */
export function openBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(signal) {
      if (!rung && !signal.aborted) {
        const rings = Promise.withResolvers<void>();
        wake = rings.resolve;
        signal.addEventListener('abort', wake, { once: true });
        await rings.promise;
        signal.removeEventListener('abort', wake);
        wake = undefined;
      }
      rung = false;
    },
  };
}
