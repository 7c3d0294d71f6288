// Who sits at a path: those who wait for its description and those who play.
import type { SourceFailure } from '../faults.ts';
import type { Track } from '../rtsp/index.ts';
import type { Piece } from '../source/index.ts';
import type { Backlog } from './backlog.ts';
import type { CatchUp } from './gop.ts';
import type { Reader } from './reader.ts';

/** What a member waits for: the track, or the reason why there is none. */
export type Description = { readonly ok: true; readonly track: Track } | { readonly ok: false; readonly failure: SourceFailure };

/** One member's place. */
export interface Seat {
  readonly described: Promise<Description>;
  readonly reader: Reader | undefined;
  /** Seats a reader, in place of the one before. */
  sit(reader: Reader, from: 'kept' | 'next'): void;
}

export interface Seats {
  /** `onEnd` is called when the path sends the member away. */
  take(onEnd: (failure: SourceFailure) => void): Seat;
  /** False when the seat was already given up. */
  giveUp(seat: Seat): boolean;
  /** Tells all who wait what the track is. */
  release(track: Track): void;
  /** Sends all away, or those alone who play; how many went. */
  dismiss(who: 'all' | 'playing', failure: SourceFailure): number;
  /** The stream has a gap: who plays goes on with the next key frame. */
  interrupt(): void;
  /** Hands a piece to all who play. */
  fanOut(piece: Piece): void;
}

interface Taken {
  readonly settle: (description: Description) => void;
  readonly onEnd: (failure: SourceFailure) => void;
}

export interface SeatsDeps {
  readonly backlog: Backlog;
  /** What a reader begins with. */
  catchUp(): CatchUp | undefined;
  /** A reader did not get that, and waits for a key frame. */
  wanting(): void;
}

export function openSeats(deps: SeatsDeps): Seats {
  const seats = new Map<Seat, Taken>();
  const readers: Reader[] = [];
  const refill = (): void => {
    readers.length = 0;
    for (const seat of seats.keys()) if (seat.reader) readers.push(seat.reader);
  };
  return {
    take(onEnd) {
      const { promise: described, resolve: settle } = Promise.withResolvers<Description>();
      let reader: Reader | undefined;
      const seat: Seat = {
        described,
        get reader() {
          return reader;
        },
        sit(value, from) {
          reader?.leave();
          reader = value;
          refill();
          if (!value.enter(deps.backlog, from === 'kept' ? deps.catchUp() : undefined)) deps.wanting();
        },
      };
      seats.set(seat, { settle, onEnd });
      return seat;
    },
    giveUp(seat) {
      const taken = seats.get(seat);
      seats.delete(seat);
      refill();
      seat.reader?.leave();
      taken?.settle({ ok: false, failure: { reason: 'lost', detail: '' } });
      return taken !== undefined;
    },
    release(track) {
      for (const taken of seats.values()) taken.settle({ ok: true, track });
    },
    dismiss(who, failure) {
      const away = [...seats].filter(([seat]) => who === 'all' || seat.reader);
      for (const [seat] of away) seats.delete(seat);
      refill();
      for (const [seat, taken] of away) {
        seat.reader?.leave();
        taken.settle({ ok: false, failure });
        taken.onEnd(failure);
      }
      return away.length;
    },
    interrupt() {
      for (const reader of readers) reader.interrupt();
    },
    fanOut(piece) {
      for (const reader of readers) reader.take(piece);
    },
  };
}
