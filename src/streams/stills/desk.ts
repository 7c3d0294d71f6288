// The desk of the decoder: at most two pictures are decoded at once, and a few wait their turn; each is a process with hundreds of megabytes.

export interface Desk {
  /** Does the work when it is its turn; undefined when too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T | undefined>;
}

const maxAtWork = 2;
const maxWaiting = 8;

/** Opens the desk. */
export function openDesk(): Desk {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  return {
    async take(work) {
      if (atWork >= maxAtWork && waiting.length >= maxWaiting) return undefined;
      if (atWork >= maxAtWork) await new Promise<void>((resolve) => waiting.push(resolve));
      else atWork += 1;
      try {
        return await work();
      } finally {
        // The place goes to the next, or is free.
        const next = waiting.shift();
        if (next) next();
        else atWork -= 1;
      }
    },
  };
}
