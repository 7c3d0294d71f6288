// The in-flight window: how many QoS 1 messages may be unconfirmed at once, ours and the broker's limit (MQTT 5 §4.9).

/** Slots on the line. */
export interface Window {
  readonly free: number;
  /** Waits until a slot is free, without taking it. Rejects with the signal's reason. */
  whenFree(signal: AbortSignal): Promise<void>;
  /** Takes a slot, waiting for it; urgent takers pass the others. Rejects with the signal's reason. */
  take(signal: AbortSignal, urgent?: boolean): Promise<void>;
  release(): void;
}

interface Waiter {
  readonly takes: boolean;
  wake(): void;
}

/** Opens a window of `capacity` slots (1 …). Waiters are bounded by their callers. */
export function openWindow(capacity: number): Window {
  let used = 0;
  const waiters: Waiter[] = [];
  const wait = (signal: AbortSignal, takes: boolean, urgent: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        takes,
        wake() {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (urgent) waiters.unshift(waiter);
      else waiters.push(waiter);
    });
  const wake = (): void => {
    while (used < capacity) {
      const waiter = waiters.shift();
      if (!waiter) return;
      if (waiter.takes) used += 1;
      waiter.wake();
    }
  };
  return {
    get free() {
      return Math.max(0, capacity - used);
    },
    async whenFree(signal) {
      signal.throwIfAborted();
      if (used >= capacity) await wait(signal, false, false);
    },
    async take(signal, urgent = false) {
      signal.throwIfAborted();
      if (used < capacity) used += 1;
      else await wait(signal, true, urgent);
    },
    release() {
      used -= 1;
      wake();
    },
  };
}
