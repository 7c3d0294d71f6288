// What one connection of the broker has under way: several messages at a time, each answered after its commit, in the order of the messages.

/** The messages of one connection. */
export interface UnderWay {
  /** A message whose commit is waited for. `isAnswered`: a PUBACK will be written for it. */
  begin(committed: Promise<unknown>, isAnswered: boolean): void;
  /** Of the next PUBACK that is written: resolves when it may leave, rejects when it never may. */
  mayAcknowledge(): Promise<void>;
  /** Resolves when all that has begun is committed or has failed. */
  settled(): Promise<void>;
}

/** Opens it; `failed` is told of a message that is not committed once those before it are settled: nothing behind it can be answered. */
export function openUnderWay(failed: (error: unknown) => void): UnderWay {
  const begun: Promise<void>[] = [];
  let tail: Promise<void> = Promise.resolve();
  return {
    begin(committed, isAnswered) {
      const before = tail;
      const inTurn = before.then(async () => void (await committed));
      committed.catch(() => {});
      inTurn.catch(failed);
      tail = inTurn.catch(() => {});
      if (isAnswered) begun.push(inTurn);
    },
    mayAcknowledge: () => begun.shift() ?? Promise.resolve(),
    settled: () => tail,
  };
}
