// Frames that wait, in the order of their sender and one sender after the other; of too many, who has most waiting loses the newest that is not grave.

/** A frame, and when it came: wall and monotonic milliseconds. */
export interface Waiting {
  readonly frame: Buffer;
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A frame that is taken, and whose it is. */
export interface Taken extends Waiting {
  readonly sender: string;
}

/** The frames of one line. */
export interface FrameQueue {
  readonly size: number;
  /** Whether a sender that can be held back should send one more: it has less than 48 frames and 64 KiB waiting. Sixteen such never fill the queue. */
  hasRoom(sender: string): boolean;
  /** Keeps a frame; answers who lost one for it, undefined where there was room. */
  add(sender: string, frame: Waiting): string | undefined;
  /** Takes the next. */
  next(): Taken | undefined;
}

interface Entry extends Waiting {
  /** Undefined: not looked at. */
  isGrave?: boolean;
}

const maxSenders = 256;
const roomFrames = 48;
const roomBytes = 65_536;
/** Grave ones that are passed over, at most, to find one that is not. */
const maxLooks = 32;

/**
 * Opens a queue of at most `capacity` frames of 256 senders. `isGrave` is asked once of a frame that would be dropped. A frame never overtakes another of its
 * sender: a fire that did would be ended by the reset that came before it.
 */
export function openFrameQueue(bounds: { readonly capacity: number; isGrave(frame: Buffer): boolean }): FrameQueue {
  const senders = new Map<string, Entry[]>();
  let size = 0;
  const isGrave = (entry: Entry): boolean => {
    entry.isGrave ??= bounds.isGrave(entry.frame);
    return entry.isGrave;
  };
  /** The first of those who have most. */
  const loudest = (): readonly [string, Entry[]] => {
    let found: readonly [string, Entry[]] = ['', []];
    for (const each of senders) if (each[1].length > found[1].length) found = each;
    return found;
  };
  const shed = (frames: Entry[]): void => {
    let at = frames.length - 1;
    const last = Math.max(0, frames.length - maxLooks);
    for (let look = at; look >= last; look -= 1) {
      const entry = frames[look];
      if (!entry || isGrave(entry)) continue;
      at = look;
      break;
    }
    frames.splice(at, 1);
    size -= 1;
  };
  return {
    get size() {
      return size;
    },
    hasRoom(sender) {
      const frames = senders.get(sender) ?? [];
      return frames.length < roomFrames && frames.reduce((sum, { frame }) => sum + frame.length, 0) < roomBytes;
    },
    add(sender, frame) {
      const frames = senders.get(sender);
      if (!frames && senders.size >= maxSenders) return sender;
      if (frames) frames.push({ ...frame });
      else senders.set(sender, [{ ...frame }]);
      size += 1;
      if (size <= bounds.capacity) return undefined;
      const [loser, theirs] = loudest();
      shed(theirs);
      return loser;
    },
    next() {
      const [first] = senders;
      if (!first) return undefined;
      const [sender, frames] = first;
      const frame = frames.shift();
      senders.delete(sender);
      if (frames.length > 0) senders.set(sender, frames);
      size -= 1;
      return frame && { ...frame, sender };
    },
  };
}
