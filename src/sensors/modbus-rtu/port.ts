// The serial port as bytes: sending, receiving with a limit of time, and its loss.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { BusOptions } from '../options.ts';
import { openSerialPort } from '../wire/index.ts';
import { maxFrameBytes } from './frame.ts';

export type RtuBusOptions = Extract<BusOptions, { driver: 'modbus-rtu' }>;

/** An open port. Everything rejects with `sensors.line-lost` once it is gone. */
export interface BytePort extends AsyncDisposable {
  /** What came since the last flush, the newest 1,024 bytes of it. */
  readonly received: Buffer;
  /** Drops what came, also what the kernel still holds. */
  flush(): Promise<void>;
  /** Resolves when the last byte has left. */
  send(bytes: Buffer): Promise<void>;
  /** What `find` finds in the received bytes, looked for whenever some come; undefined after `ms`. One caller at a time. */
  receive<T>(find: () => T | undefined, ms: number, signal: AbortSignal): Promise<T | undefined>;
}

const maxReceivedBytes = 4 * maxFrameBytes;

/** Opens the port. Rejects with `sensors.port-missing`, `port-forbidden`, `port-busy` or `port-failed`. */
export async function openBytePort(options: RtuBusOptions, env: Env): Promise<BytePort> {
  const port = await openSerialPort(options, env);
  let received = Buffer.alloc(0);
  let onBytes = (): void => {};
  let onLost = (): void => {};
  let lost: { cause: unknown } | undefined;
  const lose = (cause?: unknown): void => {
    lost ??= { cause };
    onLost();
  };
  port.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]).subarray(-maxReceivedBytes);
    onBytes();
  });
  port.on('close', lose);
  port.on('error', lose);
  const lineLost = () => sensorsFaults.fault('line-lost', { detail: options.port, cause: lost?.cause });
  const settle = (act: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      if (lost) reject(lineLost());
      else act((error) => (error ? reject(lineLost()) : resolve()));
    });
  return {
    get received() {
      return received;
    },
    async flush() {
      await settle((done) => port.flush(done));
      received = Buffer.alloc(0);
    },
    async send(bytes) {
      await settle((done) => port.write(bytes, undefined, done));
      await settle((done) => port.drain(done));
    },
    receive: (find, ms, signal) =>
      new Promise((resolve, reject) => {
        const end = (act: () => void): void => {
          timer[Symbol.dispose]();
          signal.removeEventListener('abort', onAbort);
          onBytes = () => {};
          onLost = () => {};
          act();
        };
        const onAbort = (): void => end(() => reject(signal.reason));
        const timer = env.clock.after(ms, () => end(() => resolve(undefined)));
        signal.addEventListener('abort', onAbort, { once: true });
        onBytes = () => {
          const found = find();
          if (found !== undefined) end(() => resolve(found));
        };
        onLost = () => end(() => reject(lineLost()));
        if (lost) onLost();
        else onBytes();
      }),
    async [Symbol.asyncDispose]() {
      if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
}
