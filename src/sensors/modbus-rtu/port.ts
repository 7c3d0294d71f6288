// The wire as a bus needs it: what came since the last flush, waiting for an answer with a limit of time, and its loss.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import { maxFrameBytes } from './frame.ts';
import type { ByteWire } from './wire.ts';

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

/** The port of this wire, which it closes in the end. */
export function openBytePort(wire: ByteWire, env: Env): BytePort {
  let received = Buffer.alloc(0);
  let onBytes = (): void => {};
  let onLost = (): void => {};
  let lost: { cause: unknown } | undefined;
  wire.listen({
    bytes(bytes) {
      received = Buffer.concat([received, bytes]).subarray(-maxReceivedBytes);
      onBytes();
    },
    lost(cause) {
      lost ??= { cause };
      onLost();
    },
  });
  const lineLost = () => sensorsFaults.fault('line-lost', { detail: wire.address, cause: lost?.cause });
  const settle = async (act: () => Promise<void>): Promise<void> => {
    if (lost) throw lineLost();
    await act().catch(() => {
      throw lineLost();
    });
  };
  return {
    get received() {
      return received;
    },
    async flush() {
      await settle(() => wire.discard());
      received = Buffer.alloc(0);
    },
    send: (bytes) => settle(() => wire.send(bytes)),
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
    [Symbol.asyncDispose]: () => wire.close(),
  };
}
