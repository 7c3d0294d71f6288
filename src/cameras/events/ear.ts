// The ear of one camera: what is remembered of its events as long as it is supervised, over all breaks of the connection.
import type { Env } from '#base';
import type { Device } from '#model';
import type { EventOptions } from '../event-options.ts';
import { openBoard } from './board.ts';
import type { BreakNews } from './break-news.ts';
import { openBreaks } from './breaks.ts';
import type { EventCounters } from './counters.ts';
import type { Detections } from './detections.ts';
import { openHandling } from './handling.ts';
import { type Listener, openListener } from './listener.ts';
import { openPoints } from './points.ts';
import { openPulses } from './pulses.ts';
import type { Samples } from './samples.ts';
import type { SiteRules } from './site-rules.ts';
import { openTeller, type TellDeps } from './tell.ts';
import { timeoutOf } from './timeouts.ts';

/** What all cameras of the site share. */
export interface EarShared extends TellDeps {
  readonly rules: SiteRules;
  readonly detections: Pick<Detections, 'note'>;
  readonly samples: Samples;
  readonly news: Pick<BreakNews, 'take'>;
}

/** A camera to be listened to. */
export interface EarOwner {
  readonly device: Pick<Device, 'id' | 'group'>;
  readonly counters: EventCounters;
  /** When a former daemon heard it last, wall milliseconds; undefined: it did not, or nothing can have been missed since. */
  readonly heardBefore: number | undefined;
}

/** What a connection knows of its camera. */
export interface EarConnection {
  /** Video sources by the tokens that events name them with. */
  readonly channels: ReadonlyMap<string, number>;
  clockOffsetMs(): number | undefined;
}

/** An ear; `listen` for each connection, one at a time. */
export interface Ear {
  listen(connection: EarConnection): Listener;
}

/** Opens the ear of a camera. */
export function openEar(owner: EarOwner, options: Pick<EventOptions, 'handling' | 'timeouts'>, shared: EarShared, env: Env): Ear {
  const { device, counters, heardBefore } = owner;
  const handling = openHandling(options.handling, device);
  const board = openBoard({
    handling,
    timeout: (about, isMoment) => timeoutOf(about, isMoment, options.timeouts),
    now: () => env.clock.now(),
    monotonicMs: () => env.clock.monotonicMs(),
  });
  const kept = {
    device: device.id,
    counters,
    handling,
    board,
    points: openPoints(),
    pulses: openPulses(env.clock),
    breaks: openBreaks({ device: device.id, heardBefore }, counters.breaks, env.clock),
    teller: openTeller(device.id, shared, env),
  };
  return { listen: (connection) => openListener({ ...shared, ...kept, ...connection }, env) };
}
