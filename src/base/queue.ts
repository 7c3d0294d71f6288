// A bounded queue between a producer and one consumer, with the policy stated by the caller when it is full.

/** First in, first out, never longer than its capacity. */
export interface BoundedQueue<T> {
  readonly size: number;
  /** False, and nothing is kept, when the queue is full or closed. */
  offer(item: T): boolean;
  /** Waits for the next item; undefined after `close` when all is taken. Rejects when `signal` aborts. One caller at a time. */
  take(signal?: AbortSignal): Promise<T | undefined>;
  close(): void;
}

/** Opens a queue of at most `capacity` items (1 …). */
export function openQueue<T>(capacity: number): BoundedQueue<T> {
  const items: T[] = [];
  let closed = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    get size() {
      return items.length;
    },
    offer(item) {
      if (closed || items.length >= capacity) return false;
      items.push(item);
      notify();
      return true;
    },
    async take(signal) {
      while (items.length === 0 && !closed) {
        signal?.throwIfAborted();
        await new Promise<void>((resolve, reject) => {
          const onAbort = (): void => reject(signal?.reason);
          signal?.addEventListener('abort', onAbort, { once: true });
          wake = () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          };
        });
      }
      return items.shift();
    },
    close() {
      closed = true;
      notify();
    },
  };
}
