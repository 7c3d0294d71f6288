// What is made of the messages of one camera, whether they were pulled or pushed: states on the board, moments told one by one, all else counted.
import type { Env } from '#base';
import { compact } from '../compact.ts';
import type { Board, Told } from './board.ts';
import type { BreakNews } from './break-news.ts';
import type { Breaks } from './breaks.ts';
import type { EventCounters } from './counters.ts';
import type { Detections } from './detections.ts';
import type { Handling } from './handling.ts';
import { type Interpretation, interpret, type Sighting } from './meaning.ts';
import type { Notification } from './notification.ts';
import { otherChannel, type Points } from './points.ts';
import type { Pulses } from './pulses.ts';
import type { Samples } from './samples.ts';
import type { SiteRules } from './site-rules.ts';
import type { Teller } from './tell.ts';

/** What a connection knows of its camera. */
export interface ListenerConnection {
  /** Video sources by the tokens that events name them with. */
  readonly channels: ReadonlyMap<string, number>;
  readonly camera: {
    /** Its clock minus ours, milliseconds; undefined until it was read. */
    readonly clockOffsetMs: number | undefined;
  };
}

/** What is the camera's own, over all its connections. */
export interface ListenerParts {
  readonly device: string;
  readonly handling: Handling;
  readonly board: Board;
  readonly points: Points;
  readonly pulses: Pulses;
  readonly breaks: Breaks;
  readonly teller: Teller;
  readonly counters: EventCounters;
}

/** What all cameras of the site share. */
export interface ListenerShared {
  readonly rules: SiteRules;
  readonly detections: Pick<Detections, 'note'>;
  readonly samples: Samples;
  readonly news: Pick<BreakNews, 'take'>;
}

/** Takes messages in their order. Whatever alarm it tells is committed when it resolves, and no alarm waits for a condition; rejects with the reason of `signal` alone. */
export interface Listener {
  /** A subscription begins, `anew` or the one of before taken up; after a break if the camera was heard before. */
  begin(anew: boolean, signal: AbortSignal): Promise<void>;
  /** Whether first values of properties were among them. */
  take(notifications: readonly Notification[], signal: AbortSignal): Promise<boolean>;
  /** Makes the states right by the first values that have come; `complete`: after a synchronisation, and no more of them come. */
  settle(complete: boolean, signal: AbortSignal): Promise<void>;
  /** What time has brought: ends that were never said, hours at which a kind becomes an alarm, summaries. */
  due(signal: AbortSignal): Promise<void>;
  /** Milliseconds until something is due; undefined: nothing will be by itself. */
  readonly dueInMs: number | undefined;
}

/** Opens the listener of one camera's connection; board, pulses and breaks outlive it. */
export function openListener(parts: ListenerParts, connection: ListenerConnection, shared: ListenerShared, env: Env): Listener {
  return new Attention(parts, connection, shared, env);
}

/** There is one for each camera: its methods are shared. */
class Attention implements Listener {
  readonly #parts: ListenerParts;
  readonly #connection: ListenerConnection;
  readonly #shared: ListenerShared;
  readonly #env: Env;

  constructor(parts: ListenerParts, connection: ListenerConnection, shared: ListenerShared, env: Env) {
    this.#parts = parts;
    this.#connection = connection;
    this.#shared = shared;
    this.#env = env;
  }

  get dueInMs(): number | undefined {
    return this.#parts.board.dueInMs;
  }

  async begin(anew: boolean, signal: AbortSignal): Promise<void> {
    const { pulses, board, points, teller, breaks } = this.#parts;
    pulses.begin();
    let { ends } = board;
    let open = await teller.openAlarms(signal);
    // A person has ended one while it was asked what stands.
    for (; ends !== board.ends; open = await teller.openAlarms(signal)) ends = board.ends;
    points.begin([...open.values()].map(({ channel }) => channel));
    board.begin(open);
    const lost = breaks.resumed(anew);
    if (lost) this.#shared.news.take(lost);
  }

  async take(notifications: readonly Notification[], signal: AbortSignal): Promise<boolean> {
    let initial = false;
    for (const notification of notifications) initial = (await this.#takeOne(notification, signal)) || initial;
    this.#parts.breaks.heard();
    return initial;
  }

  async settle(complete: boolean, signal: AbortSignal): Promise<void> {
    await this.#perform(this.#parts.board.settle(complete), signal);
  }

  async due(signal: AbortSignal): Promise<void> {
    const { pulses, board, breaks, teller } = this.#parts;
    for (const sighting of pulses.due()) await teller.tell(sighting, signal);
    await this.#perform(board.due(), signal);
    const over = breaks.due();
    if (over) teller.hand(over, signal);
  }

  async #perform(told: readonly Told[], signal: AbortSignal): Promise<void> {
    const { device, teller } = this.#parts;
    for (const { as, sighting } of told) {
      if (as === 'alarm') await teller.tell(sighting, signal);
      else this.#shared.detections.note(device, sighting);
    }
  }

  async #takeOne(notification: Notification, signal: AbortSignal): Promise<boolean> {
    const { board } = this.#parts;
    const read = this.#read(notification);
    if (read.result !== 'sighting') return false;
    const { sighting } = read;
    // It may stand for years, and cameras of a model say it alike.
    if (sighting.initial) board.collect({ ...sighting, origin: compact(sighting.origin), detail: compact(sighting.detail) });
    else if (sighting.state === 'pulse' && !('condition' in sighting.about)) await this.#takePulse(sighting, signal);
    else await this.#perform(board.see(sighting), signal);
    return sighting.initial;
  }

  /** Reads and counts; what is not understood is sampled. */
  #read(notification: Notification): Interpretation {
    const { device, counters } = this.#parts;
    const { rules, samples } = this.#shared;
    const { channels, camera } = this.#connection;
    const receivedAt = this.#env.clock.now();
    const read = interpret(notification, { receivedAt, clockOffsetMs: camera.clockOffsetMs, channels, rules });
    counters.messages += 1;
    if (read.result === 'unknown') counters.countUnknown(notification.topic);
    else counters.countKnown(notification.topic);
    if (read.result === 'unclear') counters.countUnclear(notification.topic, read.value);
    if (read.result === 'unknown' || read.result === 'unclear') samples.take(device, notification, receivedAt);
    return read.result === 'sighting' ? { ...read, sighting: this.#place(read.sighting) } : read;
  }

  /** A camera that invents points without end has one more for all of them. */
  #place(said: Sighting): Sighting {
    const { points, counters } = this.#parts;
    const sighting = points.place(said, this.#connection.channels);
    if (sighting.channel === otherChannel) counters.countUnknown('(channels beyond 64)');
    return sighting;
  }

  async #takePulse(sighting: Sighting, signal: AbortSignal): Promise<void> {
    const { device, handling, pulses, teller } = this.#parts;
    const treatment = handling(sighting, this.#env.clock.now());
    if (treatment === 'local') this.#shared.detections.note(device, sighting);
    if (treatment !== 'alarm') return;
    for (const one of pulses.take(sighting)) await teller.tell(one, signal);
  }
}
