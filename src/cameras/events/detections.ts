// Local detections: what cameras saw that is kept at the site and not sent. Written in batches, so that a busy site costs one commit every five seconds.
import { type Env, messageOf, type Service } from '#base';
import type { Calls } from '#store';
import type { CamerasProcedures, KeptDetection } from '../tables.ts';
import type { Sighting } from './meaning.ts';
import { kindOf } from './subject.ts';

/** What is asked for; the newest first. */
export interface DetectionFilter {
  readonly device?: string | undefined;
  readonly kind?: string | undefined;
  /** 1 … 1,000. */
  readonly limit: number;
  /** Only rows below this one: the way to the next page. */
  readonly before?: number | undefined;
}

/** The local detections of the site. */
export interface Detections {
  /** Notes one down. At most 5,000 wait for the disk; beyond, and when the store fails, they are dropped and counted. */
  note(device: string, sighting: Sighting): void;
  list(filter: DetectionFilter): Promise<readonly KeptDetection[]>;
  readonly dropped: number;
  readonly service: Service;
}

const flushMs = 5000;
const maxWaiting = 5000;
const maxZone = 100;

/** Opens the detections; `keep`: how many rows stay. What was seen in the last five seconds before a crash is not kept. */
export function openDetections(calls: Calls<CamerasProcedures>, keep: number, env: Env): Detections {
  let waiting: Omit<KeptDetection, 'row'>[] = [];
  let dropped = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    try {
      await calls.keepDetections({ rows, keep });
    } catch (error) {
      dropped += rows.length;
      env.log.warn({ error: messageOf(error), count: rows.length }, 'local detections are not kept');
    }
  };
  return {
    note(device, sighting) {
      if (keep === 0) return;
      if (waiting.length >= maxWaiting) {
        dropped += 1;
        return;
      }
      const { channel, zone, state, time, about, reason } = sighting;
      waiting.push({ device, channel, kind: kindOf(about), zone: zone.slice(0, maxZone), state, at: time, reason: reason ?? '' });
    },
    async list(filter) {
      await flush();
      return calls.detections(filter);
    },
    get dropped() {
      return dropped;
    },
    service: {
      name: 'detections',
      async run(signal) {
        while (!signal.aborted) {
          await env.clock.sleep(flushMs, signal).catch(() => {});
          await flush();
        }
      },
    },
  };
}
