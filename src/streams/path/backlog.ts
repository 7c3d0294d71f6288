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

/** Of a full backlog, those lines lose pictures who have more than this part of their own bound in it. */
export const backlogShare = 1 / 8;

/** What one line has in the backlog. */
export interface Share {
  /** So many bytes wait for the line now. */
  weigh(bytes: number): void;
  /** Whether more waits than may, for this line alone or with all others. */
  readonly isBehind: boolean;
  /** Nothing of it waits any more. */
  leave(): void;
}

/** Opens the share of a line for which `bufferBytes` may wait. */
export function openShare(backlog: Backlog, bufferBytes: number): Share {
  let waiting = 0;
  let isOver = false;
  const weigh = (bytes: number): void => {
    if (isOver) return;
    backlog.change(bytes - waiting);
    waiting = bytes;
  };
  return {
    weigh,
    get isBehind() {
      return waiting > bufferBytes || (waiting > bufferBytes * backlogShare && backlog.isFull);
    },
    leave() {
      weigh(0);
      isOver = true;
    },
  };
}
