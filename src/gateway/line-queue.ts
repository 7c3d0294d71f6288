// What waits in memory for the line: a queue for each lane, and of one alarm one thing after the other. Every step costs the same, however many wait.

/** What waits: things of one subject keep their order. */
export interface Waiting {
  readonly subject: string;
  /** Gravest first, from 0. */
  readonly lane: number;
}

/** The queue. Its owner bounds it. */
export interface LineQueue<W extends Waiting> {
  add(one: W): void;
  /** The oldest of the gravest lane below `lanes` that is the first of its subject, and takes it on its way; undefined when there is none. */
  take(lanes: number): W | undefined;
  /** It came back: it is through, or it waits again unless it was dropped meanwhile. */
  settle(one: W, isThrough: boolean): void;
  /** It need not travel any more; what is on its way is left alone. */
  drop(one: W): void;
}

/** Opens an empty queue. */
export function openLineQueue<W extends Waiting = Waiting>(): LineQueue<W> {
  // Of each subject all that waits or is on its way, oldest first.
  const chains = new Map<string, W[]>();
  const ready = new Map<number, Set<W>>();
  const underway = new Set<W>();
  const dropped = new Set<W>();

  const offer = (one: W): void => void ready.set(one.lane, (ready.get(one.lane) ?? new Set<W>()).add(one));
  const remove = (one: W): void => {
    const chain = chains.get(one.subject) ?? [];
    const at = chain.indexOf(one);
    if (at < 0) return;
    chain.splice(at, 1);
    ready.get(one.lane)?.delete(one);
    if (chain.length === 0) chains.delete(one.subject);
    else if (at === 0 && chain[0]) offer(chain[0]);
  };
  return {
    add(one) {
      const chain = chains.get(one.subject);
      if (chain) chain.push(one);
      else {
        chains.set(one.subject, [one]);
        offer(one);
      }
    },
    take(lanes) {
      const lane = Math.min(...[...ready].filter(([, waiting]) => waiting.size > 0).map(([each]) => each));
      if (lane >= lanes) return undefined;
      const waiting = ready.get(lane);
      const [one] = waiting ?? [];
      if (one === undefined) return undefined;
      waiting?.delete(one);
      underway.add(one);
      return one;
    },
    settle(one, isThrough) {
      underway.delete(one);
      if (dropped.delete(one) || isThrough) remove(one);
      else offer(one);
    },
    drop(one) {
      if (underway.has(one)) dropped.add(one);
      else remove(one);
    },
  };
}
