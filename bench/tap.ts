// The hub's ear: a subscriber in its own thread that stamps each alarm when its bytes reach the socket.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MqttClient } from 'mqtt';
import { steadyMs } from './measure.ts';

/** The subscriber's thread. */
export interface Tap extends AsyncDisposable {
  /** Waits until `count` alarms have arrived, at most 10 s; gives their arrivals by key, on the clock of `steadyMs`. */
  arrivals(count: number): Promise<ReadonlyMap<string, number>>;
}

/** What is listened to. */
export interface TapOptions {
  /** Default all alarms. */
  readonly topic?: string;
  /** What tells one alarm from another: its id (default), or the fact `message` in its detail. */
  readonly key?: 'alarmid' | 'message';
}

const waitLimitMs = 10_000;

/** Subscribes at the broker on `port` with QoS 0, so that the subscriber's own answers do not count. Of an alarm its first step counts. */
export async function openTap(port: number, { topic = 'bongsu/v1/+/+/alarm/#', key = 'alarmid' }: TapOptions = {}): Promise<Tap> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, topic, key } satisfies ListenOptions });
  await once(worker, 'message');
  return {
    async arrivals(count) {
      worker.postMessage(count);
      const [arrivals] = (await once(worker, 'message')) as [ReadonlyMap<string, number>];
      return arrivals;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

type ListenOptions = Required<TapOptions> & { readonly port: number };

async function listen({ port, topic, key }: ListenOptions, tell: (message: unknown) => void): Promise<void> {
  const arrivals = new Map<string, number>();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let reachedMs = 0;
  socket.on('data', () => {
    reachedMs = steadyMs();
  });
  const client = new MqttClient(() => socket, { protocolVersion: 5, reconnectPeriod: 0, clientId: 'bench-tap' });
  client.on('message', (_topic, payload) => {
    const { alarmid, data } = JSON.parse(payload.toString()) as { alarmid: string; data: { detail: { message?: string } } };
    const name = key === 'alarmid' ? alarmid : (data.detail.message ?? '');
    if (!arrivals.has(name)) arrivals.set(name, reachedMs);
  });
  const answer = async (count: number): Promise<void> => {
    const limitMs = steadyMs() + waitLimitMs;
    while (arrivals.size < count && steadyMs() < limitMs) await sleep(10);
    tell(arrivals);
  };
  parentPort?.on('message', (count: number) => void answer(count));
  await client.subscribeAsync(topic, { qos: 0 });
  tell('subscribed');
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  await listen(workerData as ListenOptions, (message) => port.postMessage(message));
}
