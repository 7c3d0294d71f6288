// The subscriptions of one camera: they collect notifications until a client fetches them, or has them pushed, or they run out.
import type { Clock } from '#base';
import type { CameraCounts } from './counts.ts';
import { hasState, type Notice, type Report, writeNotice } from './notices.ts';
import type { Personality } from './personality/index.ts';
import { type CameraTopic, standardTopics, type TopicForm } from './topics.ts';

/** A subscription. */
export interface PullPoint {
  readonly id: string;
  /** What was granted, milliseconds. */
  lifeMs: number;
  /** Wall milliseconds of the camera. */
  terminationMs: number;
  /** Notifications that nobody has fetched; the oldest goes when there are more than 200. */
  readonly waiting: Notice[];
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
  report(report: Report): void;
  /** Tells all subscriptions something that is written already. */
  tell(notice: Notice): void;
  /** Queues the present state of every property (ONVIF Core §9.6). */
  synchronise(point: PullPoint): void;
  /** At most `limit` notifications; waits up to `timeoutMs` for the first. A newer pull of the same point ends this one empty. */
  pull(point: PullPoint, limit: number, timeoutMs: number, signal: AbortSignal): Promise<Notice[]>;
}

/** What the subscriptions need to know of their camera. */
export interface PullPointsOptions {
  readonly personality: Personality;
  readonly channels: number;
  readonly counts: CameraCounts;
  /** The camera's own wall clock. */
  now(): number;
}

const maxWaiting = 200;

/** Opens the subscriptions of a camera, at most as many at once as its personality has. Those that ran out go when the next one is looked for. */
export function openPullPoints(options: PullPointsOptions, clock: Clock): PullPoints {
  const { personality, counts } = options;
  const points = new Map<string, PullPoint>();
  const states = new Map<string, Report>();
  let nextId = 0;
  let pulse = 0;
  const sweep = (): void => {
    for (const point of points.values()) if (point.terminationMs <= options.now()) forget(point);
  };
  const forget = (point: PullPoint): void => {
    points.delete(point.id);
    point.wake?.();
  };
  const queue = (point: PullPoint, notice: Notice): void => {
    point.waiting.push(notice);
    counts.queued += 1;
    if (point.waiting.length > maxWaiting) {
      point.waiting.shift();
      counts.overflowed += 1;
    }
    point.wake?.();
  };
  const write = (report: Report, operation: 'Initialized' | 'Changed'): Notice =>
    writeNotice(report, operation, personality, { utcMs: options.now(), pulse });
  const tell = (notice: Notice): void => {
    counts.reported += 1;
    sweep();
    for (const point of points.values()) queue(point, notice);
  };
  return {
    get count() {
      sweep();
      return points.size;
    },
    create(lifeMs) {
      sweep();
      if (points.size >= personality.quirks.maxPullPoints) return undefined;
      nextId += 1;
      const point: PullPoint = { id: String(nextId), lifeMs, terminationMs: options.now() + lifeMs, waiting: [], wake: undefined };
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
    tell,
    report(report) {
      pulse = (pulse + 1) % 1_000_000;
      if (hasState(personality, report.topic)) states.set(keyOf(report.topic, report.channel ?? 1), report);
      tell(write(report, 'Changed'));
    },
    synchronise(point) {
      for (const report of presentStates(options, states)) queue(point, write(report, 'Initialized'));
    },
    async pull(point, limit, timeoutMs, signal) {
      point.wake?.();
      if (point.waiting.length === 0) await waitFor(point, timeoutMs, signal, clock);
      return signal.aborted ? [] : point.waiting.splice(0, limit);
    },
  };
}

const keyOf = (topic: CameraTopic, channel: number): string => `${topic}/${channel}`;

/** All properties that the camera has on all channels, and those that were ever reported. */
function presentStates({ personality, channels }: PullPointsOptions, states: ReadonlyMap<string, Report>): Report[] {
  const all = new Map<string, Report>();
  for (const topic of personality.has) {
    const standard: TopicForm = standardTopics[topic];
    const last = (personality.topics[topic] ?? standard).channelled === false ? 1 : channels;
    if (!hasState(personality, topic)) continue;
    for (let channel = 1; channel <= last; channel += 1) all.set(keyOf(topic, channel), { topic, active: false, channel });
  }
  for (const [key, report] of states) all.set(key, report);
  return [...all.values()];
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
