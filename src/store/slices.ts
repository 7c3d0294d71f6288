// The thread's own queue: batches that have arrived, cut into transactions that are short enough for an urgent call to wait for one.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Batch, CallTarget, FromThread, ToThread, WireFault } from './protocol.ts';
import type { BoundCall, Ran } from './transactions.ts';

/** A batch on its way: `at` is its next call. */
interface Job {
  readonly batch: Batch;
  at: number;
}

/** Work of ordinary calls that goes into one commit: an urgent call never waits for much more. */
const sliceMs = 5;

export type Slices = ReturnType<typeof openSlices>;

/** Opens the queue over `port`, whose waiting messages are looked at between two calls. */
export function openSlices(port: MessagePort, monotonicMs: () => number) {
  const targets: CallTarget[] = [];
  const urgent: Job[] = [];
  const normal: Job[] = [];
  const others: ToThread[] = [];

  const pending = (jobs: readonly Job[]): Job | undefined => jobs.find((job) => job.at < job.batch.targets.length);
  function receive(message: ToThread): void {
    if (message.type !== 'batch') others.push(message);
    else {
      targets.push(...message.newTargets);
      (message.urgent ? urgent : normal).push({ batch: message, at: 0 });
    }
  }
  const needsFlush = (job: Job): boolean => targets[job.batch.targets[job.at] ?? -1]?.flush ?? true;
  /**
   * Gives the calls of one transaction: urgent ones as soon as they arrive, and then no more; ordinary ones until the slice is over. What needs no flush goes
   * along with what does; where it comes first, the slice has nothing else, and its commit waits for no disk.
   */
  function openSlice(bind: (target: CallTarget | undefined, argument: unknown) => BoundCall) {
    const owners: Job[] = [];
    const endMs = monotonicMs() + sliceMs;
    const opening = pending(urgent) ?? pending(normal);
    const flush = opening === undefined || needsFlush(opening);
    let hurried = false;
    const take = (job: Job): BoundCall => {
      owners.push(job);
      const at = job.at;
      job.at += 1;
      return bind(targets[job.batch.targets[at] ?? -1], job.batch.arguments[at]);
    };
    const next = (): BoundCall | undefined => {
      const arrived = receiveMessageOnPort(port);
      if (arrived) receive(arrived.message);
      const isOver = hurried || (owners.length > 0 && monotonicMs() >= endMs);
      const job = pending(urgent) ?? (isOver ? undefined : pending(normal));
      if (!job || (needsFlush(job) && !flush)) return undefined;
      hurried ||= job.batch.urgent;
      return take(job);
    };
    return { next, owners, flush };
  }
  return {
    receive,
    openSlice,
    hasCalls: (): boolean => pending(urgent) !== undefined || pending(normal) !== undefined,
    /** The next message that is no batch; asked when no call waits. */
    nextOther: (): ToThread | undefined => others.shift(),
    /** Forgets the batches that are through. */
    sweep(): void {
      for (const jobs of [urgent, normal]) while (jobs[0] && jobs[0].at >= jobs[0].batch.targets.length) jobs.shift();
    },
    /** Takes all that waits, to be refused. */
    refuseAll(fault: WireFault, send: (message: FromThread) => void): void {
      for (const job of [...urgent, ...normal]) {
        const count = job.batch.targets.length - job.at;
        job.at = job.batch.targets.length;
        const faults = new Map(Array.from({ length: count }, (_, index) => [index, fault]));
        if (count > 0)
          send({ type: 'results', batch: job.batch.id, values: Array.from({ length: count }), faults, topics: [], fsyncMs: 0 });
      }
    },
  };
}

/** Answers each batch of a transaction with its share of the results; the topics go with the last. */
export function sendResults(owners: readonly Job[], ran: Ran, topics: readonly string[], send: (message: FromThread) => void): void {
  const { fsyncMs } = ran;
  const first = owners[0];
  if (first && owners.every((job) => job === first)) {
    send({ type: 'results', batch: first.batch.id, values: ran.values, faults: ran.faults, topics, fsyncMs });
    return;
  }
  const shares = [
    ...Map.groupBy(
      owners.map((job, index) => ({ job, index })),
      ({ job }) => job.batch.id,
    ),
  ];
  for (const [place, [batch, share]] of shares.entries()) {
    const faults = new Map<number, WireFault>();
    for (const [at, { index }] of share.entries()) {
      const fault = ran.faults.get(index);
      if (fault) faults.set(at, fault);
    }
    const values = share.map(({ index }) => ran.values[index]);
    send({ type: 'results', batch, values, faults, topics: place === shares.length - 1 ? topics : [], fsyncMs });
  }
}
