// The queue in front of the thread: two lanes, one batch of each under way, the rest waiting, bounded; and the eye on a thread that does not answer.
import type { Clock } from '#base';
import type { CallOptions, Calls } from './contract.ts';
import { storeFaults } from './errors.ts';
import { type Batch, type CallTarget, fromWire, type Results } from './protocol.ts';
import { weigh } from './weight.ts';

export interface CallQueueOptions {
  /** Calls that may wait in both lanes together; a thousand of these places, but no more than half, are kept for urgent calls. */
  readonly queueLimit: number;
  /** A batch under way for longer without a sign of life is given up. */
  readonly hungAfterMs: number;
}

interface CallQueueDeps {
  post(batch: Batch): void;
  /** The thread stopped answering, or answers again. */
  onHung(hung: boolean): void;
  readonly clock: Clock;
}

interface Waiting {
  readonly target: number;
  readonly argument: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly urgent: boolean;
  waiting: Waiting[];
  /** The batch that the thread has: how many of its calls are not answered, and who waits for them (nobody once it was given up). */
  underway: { readonly id: number; readonly items: readonly Waiting[]; answered: number; abandoned: boolean } | undefined;
}

const keptForUrgent = 1000;
const maxBatchCalls = 1000;
const maxBatchBytes = 2 ** 20;
/** After a stall of the main loop an answer may lie unread: so long it gets to be read before the thread is called hung. */
const secondLookMs = 20;

/** Opens the queue; `settle` what the thread answers, `fail` when it has died. */
export function openCallQueue(options: CallQueueOptions, deps: CallQueueDeps) {
  const normal: Lane = { urgent: false, waiting: [], underway: undefined };
  const urgent: Lane = { urgent: true, waiting: [], underway: undefined };
  const lanes = [urgent, normal] as const;
  const targets = openTargets();
  let failed: { readonly error: unknown } | undefined;
  let onIdle: (() => void) | undefined;
  let batches = 0;
  let hung = false;
  const eye = openEye(options.hungAfterMs, deps.clock, () => {
    hung = true;
    giveUp(storeFaults.fault('hung'));
    deps.onHung(true);
  });

  function isIdle(): boolean {
    return lanes.every((lane) => lane.waiting.length === 0 && (!lane.underway || lane.underway.abandoned));
  }
  function giveUp(error: unknown): void {
    for (const lane of lanes) {
      const lost = [...(lane.underway?.abandoned === false ? lane.underway.items.slice(lane.underway.answered) : []), ...lane.waiting];
      lane.waiting = [];
      if (lane.underway) lane.underway.abandoned = true;
      for (const item of lost) item.reject(error);
    }
    onIdle?.();
  }
  function flush(lane: Lane): void {
    if (lane.underway || failed) return;
    if (lane.waiting.length === 0) {
      if (isIdle()) onIdle?.();
      return;
    }
    const items = lane.waiting.splice(0, batchLength(lane.waiting));
    batches += 1;
    lane.underway = { id: batches, items, answered: 0, abandoned: false };
    eye.watch();
    deps.post({
      type: 'batch',
      id: lane.underway.id,
      urgent: lane.urgent,
      newTargets: targets.untold(),
      targets: items.map((item) => item.target),
      arguments: items.map((item) => item.argument),
    });
  }
  function enqueue(lane: Lane, target: number, argument: unknown): Promise<unknown> {
    if (failed) return Promise.reject(failed.error);
    if (onIdle) return Promise.reject(storeFaults.fault('closed'));
    if (hung) return Promise.reject(storeFaults.fault('hung'));
    const kept = lane.urgent ? 0 : Math.min(keptForUrgent, options.queueLimit / 2);
    if (normal.waiting.length + urgent.waiting.length >= options.queueLimit - kept) return Promise.reject(storeFaults.fault('full'));
    return new Promise((resolve, reject) => {
      // The calls of one turn of the loop travel together.
      if (lane.waiting.push({ target, argument, resolve, reject }) === 1 && !lane.underway) queueMicrotask(() => flush(lane));
    });
  }
  return {
    procedures<P extends object>(
      room: string,
      { urgent: isUrgent = false, reserved = false, flush: isFlushed = true }: CallOptions = {},
    ): Calls<P> {
      const lane = isUrgent ? urgent : normal;
      return new Proxy({} as Calls<P> & Record<string, unknown>, {
        get(made, name) {
          if (typeof name !== 'string' || name === 'then') return undefined;
          if (!Object.hasOwn(made, name)) {
            const target = targets.add({ room, name, reserved, flush: isFlushed });
            Object.assign(made, { [name]: (argument: unknown) => enqueue(lane, target, argument) });
          }
          return made[name];
        },
      });
    },
    settle(results: Results): void {
      eye.alive();
      if (hung) {
        hung = false;
        deps.onHung(false);
      }
      const lane = lanes.find(({ underway }) => underway?.id === results.batch);
      const batch = lane?.underway;
      if (!lane || !batch) return;
      const from = batch.answered;
      batch.answered += results.values.length;
      if (batch.answered >= batch.items.length) lane.underway = undefined;
      // The next batch leaves before its callers are woken: the thread works while they do.
      flush(lane);
      if (lanes.some(({ underway }) => underway)) eye.watch();
      else eye.rest();
      if (!batch.abandoned) answer(batch.items.slice(from, batch.answered), results);
    },
    fail(error: unknown): void {
      failed ??= { error };
      eye.rest();
      giveUp(error);
    },
    /** Resolves when nothing is under way or all of it is given up; calls made after this are refused. */
    async drained(): Promise<void> {
      const idle = Promise.withResolvers<void>();
      onIdle = idle.resolve;
      if (failed || isIdle()) idle.resolve();
      await idle.promise;
      eye.rest();
    },
    waiting: (): number => normal.waiting.length + urgent.waiting.length,
  };
}

function answer(items: readonly Waiting[], { values, faults }: Results): void {
  for (const [index, item] of items.entries()) {
    const fault = faults.get(index);
    if (fault) item.reject(fromWire(fault));
    else item.resolve(values[index]);
  }
}

/** How many of the waiting calls fit one batch; at least one. */
function batchLength(waiting: readonly Waiting[]): number {
  let bytes = 0;
  for (const [index, { argument }] of waiting.entries()) {
    bytes += weigh(argument);
    if (index + 1 >= maxBatchCalls || bytes >= maxBatchBytes) return index + 1;
  }
  return waiting.length;
}

/** Every procedure gets a number when it is first called; the thread is told with the next batch. */
function openTargets() {
  const known: CallTarget[] = [];
  const numbers = new Map<string, number>();
  let told = 0;
  return {
    add(target: CallTarget): number {
      const key = JSON.stringify(target);
      const number = numbers.get(key) ?? known.push(target) - 1;
      numbers.set(key, number);
      return number;
    },
    untold(): readonly CallTarget[] {
      const fresh = known.slice(told);
      told = known.length;
      return fresh;
    },
  };
}

/** Sees that something under way gives no sign of life for `limitMs`. One timer, not one for each batch. */
function openEye(limitMs: number, clock: Clock, onHung: () => void) {
  let busy = false;
  let aliveAtMs = 0;
  let timer: Disposable | undefined;
  let looked = false;
  const look = (): void => {
    timer = undefined;
    if (!busy) return;
    const leftMs = aliveAtMs + limitMs - clock.monotonicMs();
    if (leftMs <= 0 && looked) {
      busy = false;
      onHung();
      return;
    }
    looked = leftMs <= 0;
    timer = clock.after(looked ? secondLookMs : leftMs, look);
  };
  return {
    /** Something is under way from now on, or still. */
    watch(): void {
      if (!busy) aliveAtMs = clock.monotonicMs();
      busy = true;
      if (timer) return;
      looked = false;
      timer = clock.after(limitMs, look);
    },
    alive(): void {
      aliveAtMs = clock.monotonicMs();
    },
    /** Nothing is under way. A running timer is left to run out: work comes again within milliseconds, and timers cost. */
    rest(): void {
      busy = false;
    },
  };
}
