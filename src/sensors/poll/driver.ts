// The driver of one platform that is asked: each of its messages is taken once, its place moves after the commit, and a platform that is away is a condition.
import { BongsuError, type Env, messageOf, openBackoff, type Text, troubleOf } from '#base';
import type { Driver, SensorStatus } from '../driver.ts';
import { sensorsFaults } from '../faults.ts';
import { type LineHealth, openLineHealth } from '../line-health.ts';
import {
  type MessageSource,
  type MessageWorld,
  type Oddity,
  openMessageSource,
  openOddity,
  openPresence,
  statusOf,
} from '../messages/index.ts';
import type { PollOptions } from '../poll-options.ts';
import { openTeller } from '../teller.ts';
import { type Fetch, openFetch } from './fetch.ts';
import { freshMark, type Mark, type NewMessage, nameOfList, type Page, parseMark, readPage, writeMark } from './page.ts';

/** One lost answer is none of anybody's business. */
const failuresToSay = 2;
/** Pages that are fetched one after the other, where the platform has more. */
const maxPages = 20;
/** A platform that is away, or asks for more time, is asked again after a minute at the latest: a fire may be waiting there. */
const retryMs = { min: 5000, max: 60_000 };
const storeRetryMs = 1000;
/** Names of messages that were heard and are remembered, to tell a list that begins anew from one that an older message is left in. */
const maxRecent = 10_000;
/** Messages that are under way to the store at once, begun in their order. */
const together = 32;

/** Opens the driver. Throws `sensors.template-unknown`. */
export function openPoll(options: PollOptions, world: Omit<MessageWorld, 'signal'>): Driver {
  const { deps, env } = world;
  const life = new AbortController();
  const source = openMessageSource(options, { ...world, signal: life.signal });
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth(`poll-${options.id}`, teller, env);
  const presence = openPresence(source.expected, { deps, env, signal: life.signal });
  const heard = (device: string): void => presence.heard(options.id, device);
  const state: PollState = { problem: undefined, trouble: undefined, recent: new Set() };
  const oddity = openOddity({ device: options.device, channel: 'cursor', ...oddCursor }, teller, env);
  const parts: Parts = { options, source, fetch: openFetch(options, env), heard, health, state, oddity, world };
  return {
    name: options.id,
    service: {
      name: `sensors ${options.id}`,
      async run(signal) {
        oddity.begin();
        await Promise.all([keepAsking(parts, signal), presence.watch(signal).catch(() => {})]);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), presence.settled(), source.settled()]);
      },
    },
    devices: source.devices,
    status: () =>
      source.devices.map((device, index): SensorStatus => {
        const here = presence.status(device.id);
        const stated = statusOf(here, source.valuesOf(device.id));
        const trouble = here.state === 'silent' ? undefined : state.trouble;
        const own = index === 0 ? (state.problem ?? oddity.problem()) : undefined;
        return {
          device: device.id,
          driver: 'poll',
          source: options.id,
          ...stated,
          ...(trouble ? { state: 'fault' as const, problem: trouble } : { problem: stated.problem ?? own }),
        };
      }),
  };
}

interface PollState {
  /** Of the last answer: messages that could not be placed, or whose device nobody knows. */
  problem: Text | undefined;
  /** Why there is no answer. */
  trouble: Text | undefined;
  /** Messages that were heard in this life, those of before it left out. */
  readonly recent: Set<string>;
}

const oddCursor = {
  standing: (count: number): Text => ({
    ko: `cursor 값이 이상합니다 (${count}번). 응답 전체가 이미 처리한 위치보다 앞이거나, 값이 현재 시각보다 5분 넘게 뒤의 시각입니다. 빠뜨리지 않도록 다시 처리합니다`,
    en: `The cursor is odd (${count} times): a whole answer lies behind what was taken already, or a message has a time of more than 5 minutes from now; so that nothing is lost, all is taken anew`,
  }),
  over: { ko: 'cursor 값이 정상입니다', en: 'The cursor is as it should be' },
};

interface Parts {
  readonly options: PollOptions;
  readonly source: MessageSource;
  readonly fetch: Fetch;
  readonly heard: (device: string) => void;
  readonly health: LineHealth;
  readonly state: PollState;
  readonly oddity: Oddity;
  readonly world: Omit<MessageWorld, 'signal'>;
}

/** Asks until the signal aborts. */
async function keepAsking(parts: Parts, signal: AbortSignal): Promise<void> {
  const { options, fetch, health, state } = parts;
  const { env } = parts.world;
  const longestMs = Math.max(options.interval, retryMs.max);
  const backoff = openBackoff({ minMs: Math.min(options.interval, retryMs.min), maxMs: longestMs }, env.random);
  let mark = await recallMark(parts, signal);
  let failures = 0;
  let pages = 0;
  while (!signal.aborted) {
    let waitMs = options.interval;
    try {
      const taken = await askOnce(parts, mark, signal);
      mark = taken.mark;
      pages = taken.hasMore && pages < maxPages ? pages + 1 : 0;
      if (pages > 0) waitMs = 0;
      failures = 0;
      backoff.reset();
      state.trouble = undefined;
      health.works();
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof Untaken) {
        mark = error.mark;
        waitMs = storeRetryMs;
        env.log.error({ poll: options.id, error: messageOf(error.cause) }, 'the store does not take a message; it is asked for again');
      } else {
        failures += 1;
        const { message, detail } = troubleOf(error);
        state.trouble = message;
        waitMs = Math.min(longestMs, Math.max(backoff.next(), fetch.retryAfterMs));
        // Who would hear nothing for longer than it is meant to is told at once, however short we make it.
        const isLong = fetch.retryAfterMs > options.interval;
        if (failures >= failuresToSay || isLong || isRefusal(error)) health.broken(message, detail);
      }
    }
    await env.clock.sleep(waitMs, signal).catch(() => {});
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof BongsuError && error.code === 'sensors.cloud-refused';
}

/** The store failed: up to `mark` all is taken. */
class Untaken extends Error {
  readonly mark: Mark | undefined;

  constructor(mark: Mark | undefined, cause: unknown) {
    super('not taken', { cause });
    this.mark = mark;
  }
}

interface Turn {
  readonly mark: Mark;
  readonly hasMore: boolean;
}

/** Asks once and takes what is new, in order. Rejects with a fault of the platform, or as untaken. */
async function askOnce(
  { options, source, fetch, heard, state, oddity, world }: Parts,
  mark: Mark | undefined,
  signal: AbortSignal,
): Promise<Turn> {
  const fetched = await fetch.ask(mark?.at, signal);
  if (fetched.result === 'unchanged') {
    const reached = mark ?? freshMark;
    await keepMark(world, options, { mark, reached });
    return { mark: reached, hasMore: false };
  }
  const read = (from: Mark): Page => readPage(options, from, fetched.content, world.env.clock.now());
  const first = read(mark ?? freshMark);
  // Behind the mark, and yet never heard: the mark was wrong, or the platform counts anew.
  const isAnew = first.ok && first.behind.some((name) => !state.recent.has(name));
  const page = isAnew ? read(freshMark) : first;
  if (!page.ok) throw sensorsFaults.fault('cloud-answer', { detail: page.problem });
  const hasMore = page.messages.length > 0 && options.cursor?.parameter !== undefined;
  const isPast = mark ? mark.passing === true && !isAnew : options.cursor !== undefined && options.start === 'now';
  const isOld = mark === undefined && options.cursor === undefined;
  let reached = mark;
  let strangers = 0;
  const takeAll = async (messages: readonly NewMessage[]): Promise<void> => {
    for (let from = 0; from < messages.length; from += together) {
      signal.throwIfAborted();
      const group = messages.slice(from, from + together);
      const takings = group.map(({ content, body, id }) => source.take({ content, body, id, retained: isOld }, heard));
      for (const [index, taken] of (await Promise.allSettled(takings)).entries()) {
        if (taken.status === 'rejected') throw taken.reason;
        if (taken.value.result === 'no-such-device') strangers += 1;
        reached = group[index]?.after();
      }
    }
  };
  try {
    await takeAll(isPast ? [] : page.messages);
    remember(state.recent, page.messages);
    reached = { ...page.end, ...(isPast && hasMore ? { passing: true } : {}) };
  } catch (error) {
    await keepMark(world, options, { mark, reached }).catch(() => {});
    throw signal.aborted ? signal.reason : new Untaken(reached, error);
  }
  await keepMark(world, options, { mark, reached }).catch((error: unknown) => {
    throw new Untaken(reached, error);
  });
  if (isAnew || page.ahead > 0) oddity.seen();
  state.problem = problemOf(page.unplaced, strangers) ?? (page.messages.length > 0 ? undefined : state.problem);
  fetched.done();
  return { mark: reached, hasMore };
}

function remember(recent: Set<string>, messages: readonly NewMessage[]): void {
  for (const { id } of messages) if (id !== undefined) recent.add(id);
  for (const name of recent) {
    if (recent.size <= maxRecent) return;
    recent.delete(name);
  }
}

function problemOf(unplaced: number, strangers: number): Text | undefined {
  if (unplaced > 0)
    return {
      ko: `응답의 메시지 ${unplaced}건에 cursor 값이 없어 처리하지 않았습니다`,
      en: `${unplaced} messages of an answer have no cursor and were passed over`,
    };
  if (strangers > 0)
    return {
      ko: `설정에 없는 장치의 메시지 ${strangers}건을 처리하지 않았습니다`,
      en: `${strangers} messages of devices that are not configured were passed over`,
    };
  return undefined;
}

async function keepMark(
  { deps }: Parts['world'],
  options: PollOptions,
  { mark, reached }: { readonly mark: Mark | undefined; readonly reached: Mark | undefined },
): Promise<void> {
  const list = nameOfList(options);
  const now = reached && writeMark(reached, list);
  if (now !== undefined && now !== (mark && writeMark(mark, list))) await deps.marks.keep({ source: `poll ${options.id}`, mark: now });
}

/** Where the last life ended; waits for a store that fails. */
async function recallMark({ options, world }: Parts, signal: AbortSignal): Promise<Mark | undefined> {
  const { deps, env }: { deps: MessageWorld['deps']; env: Env } = world;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return parseMark(await deps.marks.recall(`poll ${options.id}`), nameOfList(options));
    } catch (error) {
      if (failures === 0)
        env.log.error({ poll: options.id, error: messageOf(error) }, 'where the last life ended cannot be read; trying again');
      await env.clock.sleep(storeRetryMs, signal).catch(() => {});
    }
  }
  return undefined;
}
