// A long line on loopback: a TCP proxy in its own thread that passes everything on after a fixed time, each way, as much as comes: it delays and never queues.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { percentile, steadyMs } from './measure.ts';

/** Where the line leads, and how long it is. */
export interface DelayLineOptions {
  readonly port: number;
  /** Each way. */
  readonly delayMs: number;
}

/** The line. */
export interface DelayLine extends AsyncDisposable {
  /** Its near end, on 127.0.0.1. */
  readonly port: number;
  /** The median time from a PINGREQ to its PINGRESP over the line and a broker that has nothing else to do, of 30. */
  roundTripMs(): Promise<number>;
}

const pings = 30;

/** Lays a line to `port` on loopback. */
export async function openDelayLine(options: DelayLineOptions): Promise<DelayLine> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    roundTripMs: () => ping(port),
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** CONNECT of MQTT 3.1.1 as the client `ping` with a clean session (§3.1). */
const connectPacket = Buffer.from([0x10, 16, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 4, ...Buffer.from('ping')]);
const pingPacket = Buffer.from([0xc0, 0]);

async function ping(port: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.write(connectPacket);
  await once(socket, 'data');
  const times: number[] = [];
  while (times.length < pings) {
    const startMs = steadyMs();
    socket.write(pingPacket);
    await once(socket, 'data');
    times.push(steadyMs() - startMs);
  }
  socket.destroy();
  return percentile(times, 0.5);
}

/** Passes on what `from` sends; each piece leaves `delayMs` after it came, whatever else is on its way. */
function passOn(from: Socket, to: Socket, delayMs: number): void {
  const onWay: { readonly dueMs: number; readonly piece: Buffer | undefined }[] = [];
  const deliver = (): void => {
    for (let first = onWay[0]; first && first.dueMs <= steadyMs(); first = onWay[0]) {
      onWay.shift();
      if (first.piece) to.write(first.piece);
      else to.end();
    }
    if (onWay[0]) setTimeout(deliver, Math.max(0, onWay[0].dueMs - steadyMs()));
  };
  const send = (piece: Buffer | undefined): void => {
    if (onWay.push({ dueMs: steadyMs() + delayMs, piece }) === 1) setTimeout(deliver, delayMs);
  };
  from.on('data', send);
  from.on('end', () => send(undefined));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), delayMs));
}

async function lay({ port, delayMs }: DelayLineOptions): Promise<number> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    passOn(near, far, delayMs);
    passOn(far, near, delayMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

if (!isMainThread && parentPort) parentPort.postMessage(await lay(workerData as DelayLineOptions));
