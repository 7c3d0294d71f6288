// The meter of the torture `rtsp`: how long each call held the loop, and what was thrown.
import { heldBytes } from '../heap.ts';

/** What one target came to. */
export interface Reading {
  readonly messages: number;
  /** Of one call, or of one turn of the loop, in which nothing else was done. */
  readonly slowestMs: number;
  readonly crashes: readonly string[];
  /** Bytes of heap and buffers, once it was warm and at the end. */
  readonly heldBefore: number;
  readonly heldAfter: number;
}

/** One part of the room that takes what strangers send. */
export interface Target {
  readonly name: string;
  /** Part of all messages, of 100. */
  readonly share: number;
  /** Has one conversation with it; how many broken messages it was. */
  converse(meter: Meter): number | Promise<number>;
}

export interface Meter {
  /** Calls it; a throw is a crash, with the bytes that brought it. */
  call(act: () => void, cause?: Buffer): void;
  /** Lets the loop turn once, with all that was promised. */
  turn(): Promise<void>;
}

/** Part of the messages after which the rest is measured against. */
const warmShare = 0.2;
const maxCrashes = 20;

/** Sends `messages` to a target. */
export async function mill(target: Target, messages: number): Promise<Reading> {
  let slowestMs = 0;
  const crashes: string[] = [];
  const crashed = (error: unknown, cause?: Buffer): void => {
    if (crashes.length >= maxCrashes) return;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    crashes.push(`${target.name}: ${stack.slice(0, 400)} ${cause?.toString('hex', 0, 300) ?? ''}`);
  };
  const note = (wall: number, cpu: NodeJS.CpuUsage): void => {
    // Others use this machine too: the smaller of the time that passed and the processor time of this thread in it.
    const used = process.threadCpuUsage(cpu);
    slowestMs = Math.max(slowestMs, Math.min(performance.now() - wall, (used.user + used.system) / 1000));
  };
  const meter: Meter = {
    call(act, cause) {
      const cpu = process.threadCpuUsage();
      const wall = performance.now();
      try {
        act();
      } catch (error) {
        crashed(error, cause);
      }
      note(wall, cpu);
    },
    async turn() {
      const cpu = process.threadCpuUsage();
      const wall = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      note(wall, cpu);
    },
  };
  const uncaught = (error: unknown): void => crashed(error);
  process.on('uncaughtException', uncaught).on('unhandledRejection', uncaught);
  let sent = 0;
  let heldBefore: number | undefined;
  while (sent < messages) {
    sent += await target.converse(meter);
    if (heldBefore === undefined && sent >= messages * warmShare) {
      heldBefore = heldBytes();
      slowestMs = 0;
    }
  }
  await meter.turn();
  process.off('uncaughtException', uncaught).off('unhandledRejection', uncaught);
  return { messages: sent, slowestMs, crashes, heldBefore: heldBefore ?? heldBytes(), heldAfter: heldBytes() };
}
