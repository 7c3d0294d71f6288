// The pull points of one camera: subscriptions that collect notifications until a client fetches them or they run out.
import type { Clock } from '#base';
import { type CameraTopic, cameraTopics, hasState, notification } from './topics.ts';

/** A subscription. */
export interface PullPoint {
  readonly id: string;
  /** Wall milliseconds of the camera. */
  terminationMs: number;
  /** Notifications that nobody has fetched; the oldest goes when there are more than 200. */
  readonly waiting: string[];
  wake: (() => void) | undefined;
}

/** All subscriptions of a camera with the states that its topics have. */
export interface PullPoints {
  /** Undefined when the camera takes no more of them. */
  create(lifeMs: number): PullPoint | undefined;
  find(id: string): PullPoint | undefined;
  remove(id: string): void;
  removeAll(): void;
  readonly count: number;
  /** Tells all subscriptions that a topic begins or ends. */
  report(topic: CameraTopic, active: boolean): void;
  /** Queues the present state of every property (ONVIF Core §9.6). */
  synchronise(point: PullPoint): void;
  /** At most `limit` notifications; waits up to `timeoutMs` for the first. A newer pull of the same point ends this one empty. */
  pull(point: PullPoint, limit: number, timeoutMs: number, signal: AbortSignal): Promise<string[]>;
  readonly topics: ReadonlyMap<CameraTopic, boolean>;
}

const maxWaiting = 200;

/** Opens the pull points of a camera: at most `max` at once. Subscriptions that ran out go when the next one is looked for. */
export function openPullPoints(options: { max: number; now(): number }, clock: Clock): PullPoints {
  const points = new Map<string, PullPoint>();
  const topics = new Map<CameraTopic, boolean>();
  for (const topic of cameraTopics) if (hasState(topic)) topics.set(topic, false);
  let nextId = 0;
  const sweep = (): void => {
    for (const point of points.values()) if (point.terminationMs <= options.now()) forget(point);
  };
  const forget = (point: PullPoint): void => {
    points.delete(point.id);
    point.wake?.();
  };
  const queue = (point: PullPoint, text: string): void => {
    point.waiting.push(text);
    if (point.waiting.length > maxWaiting) point.waiting.shift();
    point.wake?.();
  };
  return {
    topics,
    get count() {
      sweep();
      return points.size;
    },
    create(lifeMs) {
      sweep();
      if (points.size >= options.max) return undefined;
      nextId += 1;
      const point: PullPoint = { id: String(nextId), terminationMs: options.now() + lifeMs, waiting: [], wake: undefined };
      points.set(point.id, point);
      return point;
    },
    find(id) {
      sweep();
      return points.get(id);
    },
    remove(id) {
      const point = points.get(id);
      if (point) forget(point);
    },
    removeAll() {
      for (const point of points.values()) forget(point);
    },
    report(topic, active) {
      if (hasState(topic)) topics.set(topic, active);
      sweep();
      for (const point of points.values()) queue(point, notification(topic, active, 'Changed', options.now()));
    },
    synchronise(point) {
      for (const [topic, active] of topics) queue(point, notification(topic, active, 'Initialized', options.now()));
    },
    async pull(point, limit, timeoutMs, signal) {
      point.wake?.();
      if (point.waiting.length === 0) await waitFor(point, timeoutMs, signal, clock);
      return signal.aborted ? [] : point.waiting.splice(0, limit);
    },
  };
}

function waitFor(point: PullPoint, timeoutMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      if (point.wake === done) point.wake = undefined;
      resolve();
    };
    const timer = clock.after(timeoutMs, done);
    signal.addEventListener('abort', done, { once: true });
    point.wake = done;
  });
}
