// One connection to a camera as hearing sees it: its pull point is remembered, and clock and certificate are looked at when a renewal is due.
import type { Clock } from '#base';
import type { Ailments } from './ailments.ts';
import type { HearWorld, PullPoint } from './events/index.ts';
import type { Memory } from './memory.ts';

const clockEveryMs = 86_400_000;
/** A wrong clock is read again sooner, so that one that was set is soon known to be right. */
const wrongClockEveryMs = 1_800_000;

/** Whose connection it is. `Known` is what the supervisor knows its camera by. */
interface ConnectionOwner<Known extends { readonly memory: Memory }> {
  readonly supervisor: { leavePlace(): void; healthy(known: Known): Promise<void> };
  readonly known: Known;
  readonly ailments: Pick<Ailments, 'clock' | 'certificate'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What it is made of. */
interface ConnectionParts extends Pick<HearWorld, 'session' | 'listener' | 'counters' | 'door'> {
  /** Address of the camera's event service. */
  readonly events: string;
}

/** A class, for there are thousands, and closures cost memory each. */
export class Connection<Known extends { readonly memory: Memory }> implements HearWorld {
  readonly session: HearWorld['session'];
  readonly listener: HearWorld['listener'];
  readonly counters: HearWorld['counters'];
  readonly door: HearWorld['door'];
  readonly #owner: ConnectionOwner<Known>;
  /** As text: each URL takes a quarter of a kilobyte. */
  readonly #events: string;
  #clockDueMs: number;

  constructor(owner: ConnectionOwner<Known>, parts: ConnectionParts, isClockWrong: boolean) {
    this.session = parts.session;
    this.#events = parts.events;
    this.listener = parts.listener;
    this.counters = parts.counters;
    this.door = parts.door;
    this.#owner = owner;
    this.#clockDueMs = nextClockMs(owner.clock, isClockWrong);
  }

  get events(): URL {
    return new URL(this.#events);
  }

  get kept(): PullPoint | undefined {
    return this.#owner.known.memory.point;
  }

  keep(point: PullPoint | undefined): Promise<void> {
    const { supervisor, known } = this.#owner;
    // It has its subscription: what follows is waiting.
    if (point) supervisor.leavePlace();
    return known.memory.keep(point);
  }

  healthy(): Promise<void> {
    const { supervisor, known } = this.#owner;
    supervisor.leavePlace();
    return supervisor.healthy(known);
  }

  async renewed(): Promise<void> {
    const { ailments, clock, signal } = this.#owner;
    if (clock.monotonicMs() < this.#clockDueMs) return;
    await this.session.readClock(signal);
    this.#clockDueMs = nextClockMs(clock, await ailments.clock(this.session.clockOffsetMs));
    await ailments.certificate(this.session.certificate?.validUntil);
  }
}

function nextClockMs(clock: Clock, isWrong: boolean): number {
  return clock.monotonicMs() + (isWrong ? wrongClockEveryMs : clockEveryMs);
}
