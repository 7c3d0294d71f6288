// What carries the bytes of a bus: a serial port, or the connection to a serial server that hands them on as they are.
import type { Socket } from 'node:net';
import type { SerialPort } from 'serialport';

/** An open way for bytes. It is lost once, and says so once. */
export interface ByteWire {
  /** Where it leads, for people. */
  readonly address: string;
  /** Called with what comes, and when it is gone. Set before anything is sent. */
  listen(on: { bytes(bytes: Buffer): void; lost(cause: unknown): void }): void;
  /** Drops what came and was not handed over yet, where that can be done. */
  discard(): Promise<void>;
  /** Resolves when the last byte has left, or rejects. */
  send(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

type Done = (error?: Error | null) => void;

const settled = (act: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())));

/** A serial port. */
export function serialWire(port: SerialPort): ByteWire {
  return {
    address: port.path,
    listen(on) {
      port.on('data', (bytes: Buffer) => on.bytes(bytes));
      port.on('close', (cause: unknown) => on.lost(cause));
      port.on('error', (cause) => on.lost(cause));
    },
    discard: () => settled((done) => port.flush(done)),
    async send(bytes) {
      await settled((done) => port.write(bytes, undefined, done));
      await settled((done) => port.drain(done));
    },
    async close() {
      if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
}

/** A connection. What the serial server still holds cannot be dropped from here: it comes, and is told by its content. */
export function socketWire(socket: Socket, address: string): ByteWire {
  return {
    address,
    listen(on) {
      socket.on('data', (bytes: Buffer) => on.bytes(bytes));
      socket.on('error', (cause) => on.lost(cause));
      socket.on('close', () => on.lost(undefined));
    },
    discard: async () => {},
    send: (bytes) => settled((done) => socket.write(bytes, done)),
    async close() {
      socket.destroy();
    },
  };
}
