// The pace of a camera: what no camera sends is not read for long, for each packet costs the one thread that passes on the pictures of all.
import type { Env } from '#base';
import type { SourceFailure } from '../faults.ts';

/** 10,000 packets are 110 Mbit/s of full ones; 500 frames are ten times what cameras send. */
const maxPackets = 10_000;
const maxFrames = 500;
/** A message costs as much as so many packets. */
const messagePackets = 20;
const lookMs = 1_000;

/** Counts what comes, in plain fields: this runs for every packet. */
export class Pace implements Disposable {
  /** Resolves when it was too much over a second. */
  readonly tooFast: Promise<SourceFailure>;
  private packets = 0;
  private frames = 0;
  private timer: Disposable | undefined;
  private readonly env: Env;
  private readonly tell: (failure: SourceFailure) => void;

  constructor(env: Env) {
    this.env = env;
    ({ promise: this.tooFast, resolve: this.tell } = Promise.withResolvers<SourceFailure>());
    this.arm();
  }

  packet(): void {
    this.packets += 1;
  }

  message(): void {
    this.packets += messagePackets;
  }

  /** So many frames have ended. */
  ended(frames: number): void {
    this.frames += frames;
  }

  [Symbol.dispose](): void {
    this.timer?.[Symbol.dispose]();
  }

  private arm(): void {
    const sinceMs = this.env.clock.monotonicMs();
    this.packets = this.frames = 0;
    this.timer = this.env.clock.after(lookMs, () => {
      // A thread that was held has read more at once, and comes here later.
      const seconds = (this.env.clock.monotonicMs() - sinceMs) / 1_000;
      const [packets, frames] = [Math.round(this.packets / seconds), Math.round(this.frames / seconds)];
      if (packets <= maxPackets && frames <= maxFrames) return this.arm();
      this.tell({ reason: 'malformed', words: 'too-fast', detail: `${packets} packets, ${frames} frames in a second` });
    });
  }
}
