// Who may wait to be examined: so many of each sender and of all, for a datagram costs a liar nothing and us a connection. Pure.

/** Those that wait. */
export interface Visitors {
  /** Dispose it when it was examined; undefined: too many wait already. */
  admit(sender: string): Disposable | undefined;
}

/** Opens the waiting room. */
export function openVisitors({ each, all }: { readonly each: number; readonly all: number }): Visitors {
  const waiting = new Map<string, number>();
  let total = 0;
  return {
    admit(sender) {
      const own = waiting.get(sender) ?? 0;
      if (own >= each || total >= all) return undefined;
      waiting.set(sender, own + 1);
      total += 1;
      let waits = true;
      return {
        [Symbol.dispose]() {
          if (!waits) return;
          waits = false;
          total -= 1;
          const left = (waiting.get(sender) ?? 1) - 1;
          if (left > 0) waiting.set(sender, left);
          else waiting.delete(sender);
        },
      };
    },
  };
}
