// Slabs: the memory that a camera's bytes are copied into once, and read from by everybody; filled again when nobody reads them any more.

/** A part of memory with those who read it counted. */
export interface Slab {
  readonly bytes: Buffer;
  /** One more needs it as it is, until `release`. */
  hold(): void;
  release(): void;
  /** Somebody reads it for nobody knows how long (a line with bytes that wait): it is never filled again. */
  giveAway(): void;
}

export interface Slabs {
  /** A slab with one hold. */
  take(): Slab;
}

/** Slabs of `bytes` each, at most `spare` of them kept for the next use. They are one camera's: what one shows never lies where another's was. */
export function openSlabs(bytes: number, spare: number): Slabs {
  const free: Slab[] = [];
  return {
    take() {
      const slab = free.pop() ?? new CountedSlab(bytes, free, spare);
      slab.hold();
      return slab;
    },
  };
}

class CountedSlab implements Slab {
  readonly bytes: Buffer;
  private readonly free: Slab[];
  private readonly spare: number;
  private holds = 0;
  private isOurs = true;

  constructor(bytes: number, free: Slab[], spare: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.free = free;
    this.spare = spare;
  }

  hold(): void {
    this.holds += 1;
  }

  release(): void {
    this.holds -= 1;
    if (this.holds === 0 && this.isOurs && this.free.length < this.spare) this.free.push(this);
  }

  giveAway(): void {
    this.isOurs = false;
  }
}

/** A copy of `bytes` that belongs to whoever has it. */
export function ownSlab(bytes: Uint8Array): Slab {
  return { bytes: Buffer.from(bytes), hold: () => {}, release: () => {}, giveAway: () => {} };
}
