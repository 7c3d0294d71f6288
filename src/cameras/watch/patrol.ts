// The patrol: goes its rounds and looks whether every camera's pictures come, evenly over the time and few at once.
import { type Env, messageOf } from '#base';
import type { Look, LookAsk, Quality, StreamSource } from '#model';
import type { WatchOptions } from '../watch-options.ts';
import type { Looked, Looker } from './looker.ts';

/** A camera on the round. */
export interface Beat {
  readonly id: string;
  /** Its host, under which a refused login is remembered. */
  readonly host: string;
  /** Channels whose pictures can be looked at now; none while it is not online. */
  channels(): readonly number[];
  source(channel: number, quality: Quality): StreamSource | undefined;
  /** Its pictures come (`seen`, 0 failures), or did not so many times in a row. Resolves when it is told. */
  seen(channel: number, looked: Look, failures: number): Promise<void>;
}

/** The rounds of the site. */
export interface Patrol {
  add(beat: Beat): Disposable;
  /** Goes the rounds until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** What the patrol is handed. */
export interface PatrolDeps {
  readonly looker: Looker;
  /** Writes on the audit whose frames will be looked at (`cam-1/1 cam-2/1`, at most 380 characters). No frame is asked for before it resolves. */
  account(subjects: string): Promise<void>;
}

type Depth = LookAsk['depth'];

interface Target {
  readonly beat: Beat;
  readonly channel: number;
  readonly dueMs: Record<Depth, number>;
  failures: number;
  isUnderway: boolean;
}

interface Round {
  readonly beat: Beat;
  targets: readonly Target[];
  /** When it is worth to look at it again. */
  nextMs: number;
}

const qualities: Readonly<Record<Depth, Quality>> = { answer: 'main', picture: 'sub' };
const tickMs = 1000;
/** Frames are looked at in rounds, so that one entry of the audit tells of many. */
const frameRoundMs = 120_000;
const offlineMs = 15_000;
const none: readonly Target[] = [];
const maxSubjects = 380;
/** A channel that failed is looked at again sooner, a refused login later. */
const againMs = 60_000;
const refusedAgainMs = 3_600_000;

/** Opens the patrol. */
export function openPatrol(options: WatchOptions['pictures'], deps: PatrolDeps, env: Env): Patrol {
  const rounds = new Set<Round>();
  /** At most one for each channel. */
  const underway = new Set<Promise<void>>();
  const everyMs: Readonly<Record<Depth, number>> = { answer: options.answerEvery, picture: options.frameEvery };
  const now = env.clock.monotonicMs;

  const targetOf = (round: Round, channel: number): Target => {
    const known = round.targets.find((one) => one.channel === channel);
    if (known) return known;
    const within = (ms: number): number => now() + env.random.uniform() * ms;
    // Sooner than its turn: a condition that stood before the start is to be seen again, or to end.
    const dueMs = { answer: within(everyMs.answer), picture: within(Math.min(everyMs.picture, 3 * everyMs.answer)) };
    const target = { beat: round.beat, channel, dueMs, failures: 0, isUnderway: false };
    round.targets = round.targets.concat(target);
    return target;
  };
  const look = async (target: Target, depth: Depth, signal: AbortSignal): Promise<void> => {
    const { beat, channel } = target;
    const quality = qualities[depth];
    const source = beat.source(channel, quality);
    if (!source) return;
    target.isUnderway = true;
    try {
      const looked = await deps.looker.look(beat.host, { device: beat.id, channel, quality, source, depth }, signal);
      advance(target, depth, looked);
      if (looked.result === 'failed' || (looked.result === 'seen' && depth === 'picture'))
        await beat.seen(channel, looked, target.failures);
    } finally {
      target.isUnderway = false;
    }
  };
  const advance = (target: Target, depth: Depth, looked: Looked): void => {
    const wait = everyMs[depth] * (0.9 + env.random.uniform() * 0.2);
    if (looked.result === 'seen' && depth === 'picture') target.failures = 0;
    // A description says that the camera answers, not that its frames come: it ends no failure to send them.
    if (looked.result === 'seen' && depth === 'answer' && target.failures > 0) target.dueMs.picture = now();
    if (looked.result === 'failed') target.failures += 1;
    const isRefused = looked.result === 'failed' && looked.reason === 'login-refused';
    // Only until it is told: a site whose pictures are all gone is not looked at all the time.
    const soon = looked.result === 'failed' && target.failures <= options.lostAfter ? Math.min(wait, againMs) : wait;
    target.dueMs[depth] = now() + (isRefused ? Math.max(wait, refusedAgainMs) : soon);
  };
  const due = (depth: Depth): Target[] => {
    const found: Target[] = [];
    for (const round of rounds) {
      if (depth === 'answer' && round.nextMs > now()) continue;
      const targets = round.beat.channels().map((channel) => targetOf(round, channel));
      round.nextMs = targets.reduce((least, { dueMs }) => Math.min(least, dueMs.answer), now() + offlineMs);
      for (const target of targets) {
        if (target.dueMs[depth] > now() || target.isUnderway) continue;
        // Nothing to look at: it is not accounted for either.
        if (round.beat.source(target.channel, qualities[depth])) found.push(target);
        else target.dueMs[depth] = now() + everyMs[depth];
      }
    }
    return found;
  };
  const start = (target: Target, depth: Depth, signal: AbortSignal): void => {
    const looking = look(target, depth, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) env.log.error({ camera: target.beat.id, error: messageOf(error) }, 'a look at the pictures failed');
      })
      .finally(() => underway.delete(looking));
    underway.add(looking);
  };
  const goRound = async (depth: Depth, signal: AbortSignal): Promise<void> => {
    for (const batch of batches(due(depth))) {
      if (depth === 'picture') await deps.account(batch.map(nameOf).join(' '));
      for (const target of batch) start(target, depth, signal);
    }
  };
  const rounder = async (depth: Depth, restMs: number, signal: AbortSignal): Promise<void> => {
    for (;;) {
      await env.clock.sleep(restMs, signal);
      await goRound(depth, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        env.log.error({ error: messageOf(error) }, 'a round of looks at the pictures failed');
      });
    }
  };
  return {
    add(beat) {
      const round: Round = { beat, targets: none, nextMs: 0 };
      rounds.add(round);
      return { [Symbol.dispose]: () => rounds.delete(round) };
    },
    async run(signal) {
      const frameRestMs = Math.min(frameRoundMs, options.frameEvery / 4);
      await Promise.all([rounder('answer', tickMs, signal), rounder('picture', frameRestMs, signal)]).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      await Promise.all(underway);
    },
  };
}

function nameOf({ beat, channel }: Target): string {
  return `${beat.id}/${channel}`;
}

function batches(targets: readonly Target[]): Target[][] {
  const all: Target[][] = [];
  let length = maxSubjects + 1;
  for (const target of targets) {
    const name = nameOf(target).length + 1;
    if (length + name > maxSubjects) {
      all.push([]);
      length = 0;
    }
    all.at(-1)?.push(target);
    length += name;
  }
  return all;
}
