// The backlog: what waits in this process for the lines of all readers together.

export interface Backlog {
  /** More or, below 0, fewer bytes wait. */
  change(bytes: number): void;
  readonly bytes: number;
  /** Whether no more may come to it: who is far behind loses pictures, and nobody begins. */
  readonly isFull: boolean;
}

/** Opens an empty backlog that is full from `limitBytes` on. */
export function openBacklog(limitBytes: number): Backlog {
  let waiting = 0;
  return {
    change(bytes) {
      waiting += bytes;
    },
    get bytes() {
      return waiting;
    },
    get isFull() {
      return waiting >= limitBytes;
    },
  };
}
