// The main thread's side of the store: the thread's life, its health, and what is asked of it besides calls.
import { Worker } from 'node:worker_threads';
import type { Env } from '#base';
import { openCallQueue } from './calls.ts';
import type { BackupProgress, DiskRoom, Store, StoreHealth } from './contract.ts';
import { storeFaults } from './errors.ts';
import { type FromThread, fromWire, type Marks, type ToThread } from './protocol.ts';

/** How the store is opened from the main thread. */
export interface OpenStoreOptions {
  /** The thread's entry file; it calls `serveStore` with what it finds in `workerData`. */
  readonly entry: URL;
  /** Handed to the entry as `workerData`: plain values. */
  readonly workerData: unknown;
  /** Calls that may wait; more are refused with `store.full`. */
  readonly queueLimit: number;
  /** A commit under way for longer makes the store failing. Default 2 s. */
  readonly hungAfterMs?: number;
}

/** The topic of health and damage. */
const storeTopic = 'store';
/** How long a close waits for a disk that does not answer. */
const closeLimitMs = 10_000;

/**
 * Starts the store's thread and waits until the file is open and migrated.
 * @throws store.unopened, store.newer
 */
export async function openStore(options: OpenStoreOptions, env: Env): Promise<Store> {
  const worker = new Worker(options.entry, { workerData: options.workerData, name: 'store' });
  const post = (message: ToThread): void => worker.postMessage(message);
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});
  const opened = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  const watchers = openWatchers();
  const health = openHealth(env, () => watchers.wake([storeTopic]));
  const backup = openBackups(post);
  let marks: Marks = { damage: undefined, restored: undefined };
  let disk: DiskRoom = { isLow: false, freeBytes: 0, isLogHeld: false, heldLogBytes: 0 };
  let closing = false;
  const { hungAfterMs = 2000, queueLimit } = options;
  const queue = openCallQueue({ queueLimit, hungAfterMs }, { post, onHung: health.hung, clock: env.clock });

  worker.on('message', (message: FromThread) => {
    if (message.type === 'results') {
      health.committed(message.fsyncMs);
      queue.settle(message);
      watchers.wake(message.topics);
    } else if (message.type === 'health') health.told(message.reason, message.lastError);
    else if (message.type === 'disk') {
      disk = message.room;
      watchers.wake([storeTopic]);
    } else if (message.type === 'marks') {
      marks = message.marks;
      watchers.wake([storeTopic]);
    } else if (message.type === 'ready') opened.resolve();
    else if (message.type === 'unopened') opened.reject(fromWire(message.fault));
    else backup.settle(message);
  });
  worker.on('error', (error) => fail(error));
  worker.on('exit', () => {
    exited.resolve();
    fail(storeFaults.fault('closed'));
  });
  function fail(error: unknown): void {
    opened.reject(error);
    queue.fail(error);
    backup.fail(error);
    if (!closing) crash.reject(error);
  }
  await opened.promise;
  if (marks.damage) env.log.error({ ...marks.damage }, 'the store was damaged');
  return {
    procedures: queue.procedures,
    watch: watchers.watch,
    crashed: crash.promise,
    health: () => ({ ...health.now(), queued: queue.waiting() }),
    disk: () => disk,
    damage: () => marks.damage,
    restored: () => marks.restored,
    backup: backup.start,
    async [Symbol.asyncDispose]() {
      closing = true;
      await queue.drained();
      post({ type: 'close' });
      const limit = Promise.withResolvers<void>();
      using _limit = env.clock.after(closeLimitMs, limit.resolve);
      await Promise.race([exited.promise, limit.promise]);
      // A thread that the disk holds must not hold the process.
      worker.unref();
    },
  };
}

function openWatchers() {
  const watchers = new Map<string, Set<() => void>>();
  return {
    watch(topic: string, listener: () => void): Disposable {
      const listeners = watchers.get(topic) ?? new Set();
      watchers.set(topic, listeners.add(listener));
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    wake(topics: readonly string[]): void {
      for (const topic of topics) for (const listener of watchers.get(topic) ?? []) listener();
    },
  };
}

/** What the thread tells of the disk, and what its silence tells. */
function openHealth(env: Env, onChange: () => void) {
  let isHung = false;
  let told: '' | 'full' | 'io' = '';
  let lastError = '';
  let fsyncMs = 0;
  let current: Pick<StoreHealth, 'state' | 'reason' | 'since'> = { state: 'ok', reason: '', since: env.clock.now() };
  const update = (): void => {
    const reason = isHung ? 'hung' : told;
    if (reason === current.reason) return;
    current = { state: reason === '' ? 'ok' : 'failing', reason, since: env.clock.now() };
    if (reason === '') env.log.info({ lastError }, 'the store is well again');
    else env.log.error({ reason, lastError }, 'the store is failing');
    onChange();
  };
  return {
    hung(value: boolean): void {
      isHung = value;
      if (value) lastError = 'no answer from the disk';
      update();
    },
    told(reason: '' | 'full' | 'io', error: string): void {
      told = reason;
      if (error !== '') lastError = error;
      update();
    },
    committed(ms: number): void {
      fsyncMs = ms;
    },
    now: () => ({ ...current, lastError, fsyncMs }),
  };
}

/** One backup at a time. */
function openBackups(post: (message: ToThread) => void) {
  let running:
    | { readonly done: PromiseWithResolvers<{ readonly bytes: number }>; readonly onProgress: (progress: BackupProgress) => void }
    | undefined;
  return {
    start(path: string, onProgress: (progress: BackupProgress) => void = () => {}): Promise<{ readonly bytes: number }> {
      if (running) return Promise.reject(storeFaults.fault('backup', { detail: 'another backup is under way' }));
      running = { done: Promise.withResolvers(), onProgress };
      post({ type: 'backup', path });
      return running.done.promise;
    },
    settle(message: Extract<FromThread, { type: `backup-${string}` }>): void {
      if (message.type === 'backup-progress') running?.onProgress(message.progress);
      else {
        if (message.type === 'backup-done') running?.done.resolve({ bytes: message.bytes });
        else running?.done.reject(fromWire(message.fault));
        running = undefined;
      }
    },
    fail(error: unknown): void {
      running?.done.reject(error);
      running = undefined;
    },
  };
}
