// Who speaks on a line, and where their frames end: one framer for each peer, and the pauses that end frames.
import type { Clock } from '#base';
import type { Framing } from '../grammar-option.ts';
import { type Framer, openFramer } from './framer.ts';

/** Where frames go. */
export interface EarSink {
  /** `sender`: of a datagram, or the peer of a connection. */
  frame(frame: Buffer, sender?: string): void;
  /** Resolves when one more frame of `peer` can be taken. */
  room(peer: string): Promise<void>;
  /** Bytes were dropped that are no whole frame. */
  broken(): void;
}

/** Cuts the bytes of several peers. */
export interface Ear extends Disposable {
  bytes(peer: string, chunk: Buffer): void;
  /** The same of a connection, which can be held back: resolves when all frames are handed over, each when there is room for it. */
  stream(peer: string, chunk: Buffer): Promise<void>;
  /** A datagram: it begins and ends with whole frames. */
  datagram(sender: string, chunk: Buffer): void;
  /** The peer's stream is over: what it had begun is dropped. */
  gone(peer: string): void;
}

interface Speaker {
  readonly framer: Framer;
  dropped: number;
  timer: Disposable | undefined;
}

/** Opens an ear. */
export function openEar(framing: Framing, sink: EarSink, clock: Clock): Ear {
  const speakers = new Map<string, Speaker>();
  const note = (speaker: Speaker): void => {
    if (speaker.framer.dropped > speaker.dropped) sink.broken();
    speaker.dropped = speaker.framer.dropped;
  };
  const wait = (peer: string, speaker: Speaker): void => {
    speaker.timer?.[Symbol.dispose]();
    const { dueAt } = speaker.framer;
    speaker.timer = dueAt === undefined ? undefined : clock.after(dueAt - clock.monotonicMs(), () => rest(peer, speaker));
  };
  const rest = (peer: string, speaker: Speaker): void => {
    for (const frame of speaker.framer.rest(clock.monotonicMs())) sink.frame(frame, peer);
    note(speaker);
    wait(peer, speaker);
  };
  const speakerOf = (peer: string): Speaker => {
    const speaker = speakers.get(peer) ?? { framer: openFramer(framing), dropped: 0, timer: undefined };
    speakers.set(peer, speaker);
    return speaker;
  };
  return {
    bytes(peer, chunk) {
      const speaker = speakerOf(peer);
      for (const frame of speaker.framer.push(chunk, clock.monotonicMs())) sink.frame(frame, peer);
      note(speaker);
      wait(peer, speaker);
    },
    async stream(peer, chunk) {
      const speaker = speakerOf(peer);
      speaker.timer?.[Symbol.dispose]();
      for (const frame of speaker.framer.push(chunk, clock.monotonicMs())) {
        await sink.room(peer);
        sink.frame(frame, peer);
      }
      if (speakers.get(peer) !== speaker) return;
      speaker.framer.held(clock.monotonicMs());
      note(speaker);
      wait(peer, speaker);
    },
    datagram(sender, chunk) {
      const speaker = { framer: openFramer(framing), dropped: 0, timer: undefined };
      for (const frame of [...speaker.framer.push(chunk, clock.monotonicMs()), ...speaker.framer.finish()]) sink.frame(frame, sender);
      note(speaker);
    },
    gone(peer) {
      const speaker = speakers.get(peer);
      if (!speaker) return;
      speakers.delete(peer);
      speaker.timer?.[Symbol.dispose]();
      speaker.framer.reset();
      note(speaker);
    },
    [Symbol.dispose]() {
      for (const peer of speakers.keys()) this.gone(peer);
    },
  };
}
