// A connection without a network: what comes is told at once, what is sent is taken at once, or kept by one who does not read.
import { Duplex } from 'node:stream';

/** As far as the doors look at a socket. */
export class FakeSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What was sent, the last of it. */
  sent = '';
  private readonly reads: boolean;

  constructor(peer: { readonly address: string; readonly port: number; readonly reads: boolean }) {
    super({ allowHalfOpen: false });
    this.remoteAddress = peer.address;
    this.remotePort = peer.port;
    this.reads = peer.reads;
    this.on('error', () => {});
  }

  /** The stranger says `bytes`. */
  say(bytes: Buffer): void {
    if (!this.destroyed) this.emit('data', bytes);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent = (this.sent + chunk.toString('latin1', 0, 4_096)).slice(-8_192);
    if (this.reads) done();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  resetAndDestroy(): void {
    this.destroy();
  }
}
