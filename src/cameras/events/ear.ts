// The ear of one camera: what is remembered of its events as long as it is supervised, over all breaks of the connection.
import type { Env } from '#base';
import type { Device } from '#model';
import type { EventOptions } from '../event-options.ts';
import { type Board, type BoardWorld, type EndedPoint, openBoard } from './board.ts';
import { type Breaks, openBreaks } from './breaks.ts';
import type { EventCounters } from './counters.ts';
import { type Handling, openHandling } from './handling.ts';
import { type Listener, type ListenerConnection, type ListenerParts, type ListenerShared, openListener } from './listener.ts';
import { openPoints, type Points } from './points.ts';
import { openPulses, type Pulses } from './pulses.ts';
import { openTeller, type TellDeps, type Teller } from './tell.ts';
import { timeoutOf } from './timeouts.ts';

/** What all cameras of the site share. */
export interface EarShared extends TellDeps, ListenerShared {}

/** A camera to be listened to. */
export interface EarOwner {
  readonly device: Pick<Device, 'id' | 'group'>;
  readonly counters: EventCounters;
  /** When a former daemon heard it last, wall milliseconds; undefined: it did not, or nothing can have been missed since. */
  readonly heardBefore: number | undefined;
}

/** An ear; `listen` for each connection, one at a time. */
export interface Ear {
  listen(connection: ListenerConnection): Listener;
  /** A person has ended this alarm of the camera, and that is committed. */
  ended(point: EndedPoint): void;
}

/** Opens the ears of a site's cameras, one for each call. */
export function openEars(options: Pick<EventOptions, 'handling' | 'timeouts'>, shared: EarShared, env: Env): (owner: EarOwner) => Ear {
  /** Cameras that are handled alike share this too. */
  const worlds = new WeakMap<Handling, BoardWorld>();
  const worldOf = (handling: Handling): BoardWorld => {
    const known = worlds.get(handling);
    if (known) return known;
    const world: BoardWorld = {
      handling,
      timeout: (about, isMoment) => timeoutOf(about, isMoment, options.timeouts),
      now: env.clock.now,
      monotonicMs: env.clock.monotonicMs,
    };
    worlds.set(handling, world);
    return world;
  };
  return (owner) => new Attentive(owner, worldOf(openHandling(options.handling, owner.device)), shared, env);
}

/** There is one for each camera: its methods are shared. */
class Attentive implements Ear, ListenerParts {
  readonly device: string;
  readonly counters: EventCounters;
  readonly handling: Handling;
  readonly board: Board;
  readonly points: Points = openPoints();
  readonly pulses: Pulses;
  readonly breaks: Breaks;
  readonly teller: Teller;
  readonly #shared: EarShared;
  readonly #env: Env;

  constructor({ device, counters, heardBefore }: EarOwner, world: BoardWorld, shared: EarShared, env: Env) {
    this.device = device.id;
    this.counters = counters;
    this.handling = world.handling;
    this.board = openBoard(world);
    this.pulses = openPulses(env.clock);
    this.breaks = openBreaks({ device: device.id, heardBefore }, counters.breaks, env.clock);
    this.teller = openTeller(device.id, shared, env);
    this.#shared = shared;
    this.#env = env;
  }

  listen(connection: ListenerConnection): Listener {
    return openListener(this, connection, this.#shared, this.#env);
  }

  ended(point: EndedPoint): void {
    this.board.ended(point);
  }
}
