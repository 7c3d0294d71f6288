// The store's thread: the one writer of the file. Calls run in transactions and are answered after the commit; upkeep fills the idle moments.
import type { MessagePort } from 'node:worker_threads';
import { type Clock, type Random, systemClock } from '#base';
import { runBackup } from './backup.ts';
import { storeFaults } from './errors.ts';
import { type Life, openLife } from './life.ts';
import { ownStore } from './owner.ts';
import { type FromThread, type ToThread, toWire } from './protocol.ts';
import type { ThreadOptions } from './session.ts';
import { openSlices, type Slices, sendResults } from './slices.ts';

interface ThreadDeps {
  readonly port: MessagePort;
  /** Wall milliseconds. */
  readonly now: () => number;
  readonly random: Random;
  /** For durations and waits. Default the machine's. */
  readonly clock?: Pick<Clock, 'monotonicMs' | 'after'>;
}

const idleAfterMs = 200;
const idleStepMs = 50;
const lookEveryMs = 1000;

/** Serves calls from `port` until told to close. Opening faults are told over the port; the thread then ends. */
export function serveStore(options: ThreadOptions, deps: ThreadDeps): void {
  const { port, now, random, clock = systemClock } = deps;
  const send = (message: FromThread): void => port.postMessage(message);
  const topics = new Set<string>();
  let owner: Disposable | undefined;
  try {
    owner = ownStore(options.path);
    const life = openLife(options, { now, random, clock, send, announce: (topic) => topics.add(topic) });
    const slices = openSlices(port, clock.monotonicMs);
    let workedAtMs = clock.monotonicMs();
    port.on('message', (message: ToThread) => {
      slices.receive(message);
      while (slices.hasCalls()) serve(life, slices, topics, send);
      for (let other = slices.nextOther(); other; other = slices.nextOther()) {
        handle(other, life, port, send);
        if (other.type === 'close') owner?.[Symbol.dispose]();
      }
      workedAtMs = clock.monotonicMs();
    });
    rest(life, clock, () => workedAtMs);
    life.tellHealth();
    send({ type: 'ready' });
  } catch (error) {
    send({ type: 'unopened', fault: toWire(error) });
    owner?.[Symbol.dispose]();
    port.close();
  }
}

/** Runs one transaction's worth of calls and answers them. */
function serve(life: Life, slices: Slices, topics: Set<string>, send: (message: FromThread) => void): void {
  const session = life.session();
  if (session) {
    const { next, owners, flush } = slices.openSlice(session.bind);
    const ran = session.transactions.run(next, flush);
    sendResults(owners, ran, [...topics], send);
    topics.clear();
    if (ran.broken === undefined) life.attempt(({ upkeep }) => upkeep.afterAnswer());
    else life.breakOff(ran.broken);
  } else slices.refuseAll(toWire(storeFaults.fault('io', { detail: life.lastError() })), send);
  slices.sweep();
  life.tellHealth();
}

function handle(message: ToThread, life: Life, port: MessagePort, send: (message: FromThread) => void): void {
  if (message.type === 'close') {
    life.end();
    port.close();
  } else if (message.type === 'backup') {
    void runBackup(life.session()?.db, message.path, (progress) => send({ type: 'backup-progress', progress })).then(
      (bytes) => send({ type: 'backup-done', bytes }),
      (error: unknown) => send({ type: 'backup-failed', fault: toWire(error) }),
    );
  }
}

/** Looks at the disk once a second, flushes what was left unflushed, and works for the file while nobody calls. */
function rest(life: Life, clock: Pick<Clock, 'monotonicMs' | 'after'>, workedAtMs: () => number): void {
  let lookedAtMs = clock.monotonicMs();
  const step = (): void => {
    const nowMs = clock.monotonicMs();
    if (nowMs - lookedAtMs >= lookEveryMs) {
      lookedAtMs = nowMs;
      life.attempt(({ space }) => space.look());
      life.tellHealth();
    }
    life.attempt(({ flushing }) => flushing.flushDue());
    const isIdle = nowMs - workedAtMs() >= idleAfterMs;
    const more = isIdle && life.attempt(({ upkeep }) => upkeep.idle());
    clock.after(more ? idleStepMs : idleAfterMs, step);
  };
  clock.after(idleAfterMs, step);
}
