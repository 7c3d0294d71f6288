// A socket whose packets are let through: none too large, no more a second than allowed, and so many PUBLISHes at a time as may be under way.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '#base';
import { openFraming, type Packet, pubackType, publishType } from './framing.ts';

/** What is allowed on one connection. */
export interface Guard {
  /** Payload of a PUBLISH at most, bytes. */
  readonly maxPayload: number;
  readonly clock: Clock;
  /** Milliseconds until the packet may pass; 0: now, Infinity: not before `wake`. None: they pass as they come. */
  waitMs?(packet: Packet): number;
  /** How many PUBLISHes may be under way, 256 KiB together; what follows waits, whatever it is. None: any number. */
  mayBeUnderWay?(): number;
  /** A PUBLISH was too large: it goes on without its payload. */
  cut(): void;
  /** Resolves when the next PUBACK may leave, in their order; rejects when it never may. None: they leave as they are written. */
  mayAcknowledge?(): Promise<void>;
}

/** The stream that a client or broker works on. */
export interface GuardedStream {
  readonly stream: Duplex;
  /** The next PUBLISH of those that passed is taken in hand; what this returns is called when it is dealt with. */
  begin(): () => void;
  /** Looks again at what waits. */
  wake(): void;
}

const maxBytesUnderWay = 262_144;

/** Guards `socket`. What cannot pass yet waits in the socket, which is not read on: memory is bounded to one read of it. */
export function guardStream(socket: Socket, guard: Guard): GuardedStream {
  const framing = openFraming(guard.maxPayload);
  const written = openFraming(guard.maxPayload);
  let acknowledging: Promise<void> = Promise.resolve();
  let waiting: readonly Packet[] = [];
  let next = 0;
  const passed: number[] = [];
  let underWay = { count: 0, bytes: 0 };
  let pause: Disposable | undefined;
  let isWanted = true;
  const isPassing = (packet: Packet): boolean => {
    const waitMs = guard.waitMs?.(packet) ?? 0;
    if (waitMs === 0) return true;
    if (waitMs === Infinity) return false;
    pause = guard.clock.after(waitMs, () => {
      pause = undefined;
      flow();
    });
    return false;
  };
  /** The first always has room. */
  const hasRoom = (bytes: number): boolean =>
    underWay.count === 0 || (underWay.count < (guard.mayBeUnderWay?.() ?? Infinity) && underWay.bytes + bytes <= maxBytesUnderWay);
  const count = (packets: 1 | -1, bytes: number): void => {
    underWay = { count: underWay.count + packets, bytes: underWay.bytes + packets * bytes };
  };
  const flow = (): void => {
    for (
      let packet = waiting[next];
      packet && isWanted && !pause && hasRoom(packet.bytes.length) && isPassing(packet);
      packet = waiting[next]
    ) {
      next += 1;
      if (packet.isCut) guard.cut();
      if (guard.mayBeUnderWay && packet.type === publishType) {
        passed.push(packet.bytes.length);
        count(1, packet.bytes.length);
      }
      isWanted = stream.push(packet.bytes);
    }
    if (isWanted && !pause && next >= waiting.length) socket.resume();
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
    wake: () => flow(),
    begin() {
      const bytes = passed.shift();
      return () => {
        if (bytes === undefined) return;
        count(-1, bytes);
        flow();
      };
    },
  };
}
