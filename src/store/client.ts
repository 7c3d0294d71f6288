// The main thread's side of the store: calls gather while a batch is being committed and travel together with the next one.
import { Worker } from 'node:worker_threads';
import type { Env } from '#base';
import type { Calls, Store } from './contract.ts';
import { storeFaults } from './errors.ts';
import { type Call, type FromThread, fromWire, type ToThread } from './protocol.ts';

/** How the store is opened from the main thread. */
export interface OpenStoreOptions {
  /** The thread's entry file; it calls `serveStore` with what it finds in `workerData`. */
  readonly entry: URL;
  /** Handed to the entry as `workerData`: plain values. */
  readonly workerData: unknown;
  /** Calls that may wait; more are refused with `store.full`. */
  readonly queueLimit: number;
}

interface Waiting {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const maxBatchCalls = 1000;

/**
 * Starts the store's thread and waits until the file is open and migrated.
 * @throws store.unopened, store.newer
 */
export async function openStore(options: OpenStoreOptions, env: Env): Promise<Store> {
  const worker = new Worker(options.entry, { workerData: options.workerData, name: 'store' });
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});
  const opened = Promise.withResolvers<string | undefined>();
  const channel = openChannel((message) => worker.postMessage(message), options.queueLimit);
  let closing = false;
  const exited = Promise.withResolvers<void>();
  worker.on('message', (message: FromThread) => {
    if (message.type === 'ready') opened.resolve(message.setAside);
    else if (message.type === 'unopened') opened.reject(fromWire(message.fault));
    else channel.settle(message);
  });
  worker.on('error', (error) => fail(error));
  worker.on('exit', () => {
    exited.resolve();
    fail(storeFaults.fault('closed'));
  });
  function fail(error: unknown): void {
    opened.reject(error);
    channel.fail(error);
    if (!closing) crash.reject(error);
  }
  const setAside = await opened.promise;
  if (setAside !== undefined) env.log.error({ setAside }, 'the store was damaged; it is set aside and a new one begun');
  return {
    procedures: channel.procedures,
    watch: channel.watch,
    crashed: crash.promise,
    async [Symbol.asyncDispose]() {
      closing = true;
      await channel.drained();
      worker.postMessage({ type: 'close' } satisfies ToThread);
      await exited.promise;
    },
  };
}

/** The queue in front of the thread: one batch under way, the rest waiting, bounded. */
function openChannel(post: (message: ToThread) => void, queueLimit: number) {
  let waiting: Waiting[] = [];
  let underway: Waiting[] = [];
  let failed: { error: unknown } | undefined;
  let onIdle: (() => void) | undefined;
  const watchers = new Map<string, Set<() => void>>();

  const flush = (): void => {
    if (underway.length > 0) return;
    if (waiting.length === 0) {
      onIdle?.();
      return;
    }
    underway = waiting.splice(0, maxBatchCalls);
    post({ type: 'batch', calls: underway.map((item) => item.call) });
  };
  const enqueue = (call: Call): Promise<unknown> => {
    if (failed) return Promise.reject(failed.error);
    if (onIdle) return Promise.reject(storeFaults.fault('closed'));
    if (waiting.length >= queueLimit) return Promise.reject(storeFaults.fault('full'));
    return new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      // The calls of one turn of the loop travel together.
      if (waiting.length === 1 && underway.length === 0) queueMicrotask(flush);
    });
  };
  return {
    procedures<P extends object>(room: string): Calls<P> {
      const target = {} as Calls<P>;
      return new Proxy(target, {
        get: (_, name) =>
          typeof name === 'string' && name !== 'then' ? (argument: unknown) => enqueue({ room, name, argument }) : undefined,
      });
    },
    watch(topic: string, listener: () => void): Disposable {
      const listeners = watchers.get(topic) ?? new Set();
      watchers.set(topic, listeners.add(listener));
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    settle(message: Extract<FromThread, { type: 'results' }>): void {
      const settled = underway;
      underway = [];
      flush();
      for (const [index, item] of settled.entries()) {
        const result = message.results[index];
        if (result && 'value' in result) item.resolve(result.value);
        else item.reject(result ? fromWire(result.fault) : storeFaults.fault('failed'));
      }
      for (const topic of message.topics) for (const listener of watchers.get(topic) ?? []) listener();
    },
    fail(error: unknown): void {
      failed ??= { error };
      const lost = [...underway, ...waiting];
      underway = [];
      waiting = [];
      for (const item of lost) item.reject(error);
      onIdle?.();
    },
    /** Resolves when no call is under way; calls made after this are refused. */
    async drained(): Promise<void> {
      const idle = Promise.withResolvers<void>();
      onIdle = idle.resolve;
      if (failed || (underway.length === 0 && waiting.length === 0)) idle.resolve();
      await idle.promise;
    },
  };
}
