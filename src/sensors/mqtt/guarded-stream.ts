// A socket whose packets are let through one by one: none too large, no more a second than allowed, and no PUBLISH before the last is dealt with.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '#base';
import type { Bucket } from './flood.ts';
import { openFraming, type Packet, pubackType, publishType } from './framing.ts';

/** What is allowed on one connection. */
export interface Guard {
  /** Payload of a PUBLISH at most, bytes. */
  readonly maxPayload: number;
  readonly clock: Clock;
  /** Packets a second; none: as they come. */
  readonly bucket?: Bucket;
  /** True: after a PUBLISH nothing passes until `release`. */
  readonly oneByOne: boolean;
  /** A PUBLISH was too large: it goes on without its payload. */
  cut(): void;
  /** A packet has to wait for the bucket. */
  held(): void;
  /** Resolves when the next PUBACK may leave, in their order; rejects when it never may. None: they leave as they are written. */
  mayAcknowledge?(): Promise<void>;
}

/** The stream that a client or broker works on. */
export interface GuardedStream {
  readonly stream: Duplex;
  /** The last PUBLISH is dealt with. */
  release(): void;
}

/** Guards `socket`. What cannot pass yet waits in the socket, which is not read on: memory is bounded to one read of it. */
export function guardStream(socket: Socket, guard: Guard): GuardedStream {
  const framing = openFraming(guard.maxPayload);
  const written = openFraming(guard.maxPayload);
  let acknowledging: Promise<void> = Promise.resolve();
  let waiting: readonly Packet[] = [];
  let next = 0;
  let isBusy = false;
  let pause: Disposable | undefined;
  let isWanted = true;
  const isPassing = (): boolean => {
    if (guard.bucket === undefined || guard.bucket.take()) return true;
    guard.held();
    pause = guard.clock.after(guard.bucket.waitMs(), () => {
      pause = undefined;
      flow();
    });
    return false;
  };
  const flow = (): void => {
    while (isWanted && !isBusy && !pause && next < waiting.length && isPassing()) {
      const packet = waiting[next];
      next += 1;
      if (!packet) continue;
      if (packet.isCut) guard.cut();
      isBusy = guard.oneByOne && packet.type === publishType;
      isWanted = stream.push(packet.bytes);
    }
    if (isWanted && !isBusy && !pause && next >= waiting.length) socket.resume();
  };
  /** What leaves at once of a chunk; acknowledgements leave later. */
  const outgoing = (chunk: Buffer): readonly Buffer[] => {
    const packets = written(chunk);
    if (packets === 'broken') return [chunk];
    return packets.flatMap(({ type, bytes }) => {
      if (type !== pubackType) return [bytes];
      acknowledging = acknowledging.then(() => guard.mayAcknowledge?.()).then(() => void socket.write(bytes));
      acknowledging.catch(() => {});
      return [];
    });
  };
  const stream = new Duplex({
    read() {
      isWanted = true;
      flow();
    },
    write(chunk: Buffer, _encoding, done) {
      for (const packet of guard.mayAcknowledge ? outgoing(chunk) : [chunk]) socket.write(packet);
      done();
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      pause?.[Symbol.dispose]();
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    const packets = framing(chunk);
    if (packets === 'broken') {
      stream.destroy(Object.assign(new Error('a packet is too large or no MQTT'), { code: 'PACKET_REFUSED' }));
      return;
    }
    socket.pause();
    waiting = packets;
    next = 0;
    flow();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  socket.on('close', () => stream.destroy());
  return {
    stream,
    release() {
      isBusy = false;
      flow();
    },
  };
}
