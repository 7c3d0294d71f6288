// Continuity: what a camera sends after it was opened anew goes on where the connection before it ended, so that readers see one stream.
import type { Clock } from '#base';
import { timestampOf } from '../rtsp/index.ts';

const ticksPerMs = 90;
/** At least so much lies between the frames on both sides of a gap. */
const minGapMs = 20;
/** A larger step of the sequence number is no loss, but a camera that numbers anew: MAX_DROPOUT of RFC 3550 appendix A.1. */
const maxGap = 3000;

/** One stream of packets out of several connections, or of a camera that changes its source in between (RFC 3550 §5.1). */
export class Continuity {
  private readonly clock: Clock;
  /** Undefined until the first packet: readers see its numbers as they are. */
  private shown: number | undefined;
  private camera: number | undefined;
  private sequenceShift = 0;
  private timeShift = 0;
  private isPlain = true;
  private lastSequence = 0;
  private lastTime = 0;
  private frameAtMs = 0;
  private missing = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Packets of another connection come from now on. */
  renew(): void {
    this.camera = undefined;
  }

  /** Packets that the camera numbered and that did not come, or came too late, since the first one. */
  get lost(): number {
    return this.missing;
  }

  /** Makes the RTP packet at `at` follow the one before. In place. */
  rtp(bytes: Buffer, at: number): void {
    const isNew = bytes.readUInt32BE(at + 8) !== this.camera;
    if (isNew) this.join(bytes, at);
    const sequence = (bytes.readUInt16BE(at + 2) + this.sequenceShift) & 0xffff;
    const step = (sequence - this.lastSequence) & 0xffff;
    if (step > 1 && step <= maxGap && !isNew) this.missing += step - 1;
    this.lastSequence = sequence;
    this.lastTime = (timestampOf(bytes, at) + this.timeShift) >>> 0;
    if (this.isPlain || this.shown === undefined) return;
    bytes.writeUInt16BE(this.lastSequence, at + 2);
    bytes.writeUInt32BE(this.lastTime, at + 4);
    bytes.writeUInt32BE(this.shown, at + 8);
  }

  /** Makes the sender report at `at` speak of the same stream, in place. False when it cannot be told yet: it must not be passed on. */
  report(bytes: Buffer, at: number): boolean {
    if (this.camera === undefined || this.shown === undefined) return false;
    if (this.isPlain) return true;
    bytes.writeUInt32BE(this.shown, at + 4);
    bytes.writeUInt32BE((bytes.readUInt32BE(at + 16) + this.timeShift) >>> 0, at + 16);
    return true;
  }

  /** A frame has ended: from here the time of a gap is counted. */
  frameEnded(): void {
    this.frameAtMs = this.clock.monotonicMs();
  }

  private join(bytes: Buffer, at: number): void {
    this.camera = bytes.readUInt32BE(at + 8);
    if (this.shown === undefined) {
      this.shown = this.camera;
      return;
    }
    const gapMs = Math.max(this.clock.monotonicMs() - this.frameAtMs, minGapMs);
    this.sequenceShift = (this.lastSequence + 1 - bytes.readUInt16BE(at + 2)) & 0xffff;
    this.timeShift = (this.lastTime + Math.round(gapMs * ticksPerMs) - timestampOf(bytes, at)) >>> 0;
    this.isPlain = this.sequenceShift === 0 && this.timeShift === 0 && this.shown === this.camera;
  }
}
