// The session as the rest of the house sees it: entries go out through the window and come back as confirmed, lost or set aside.
import { type Env, openBackoff } from '#base';
import type { Entry } from '#model';
import { type Ahead, openAhead } from './ahead.ts';
import { compress } from './compress.ts';
import type { Confirmation } from './confirmation.ts';
import { type Known, knownOf, openDoubt } from './doubt.ts';
import { openDrain } from './drain.ts';
import { openGate } from './gate.ts';
import type { Hearing } from './hearing.ts';
import type { Link, PublishResult } from './link.ts';
import type { UplinkOptions } from './options.ts';
import { packetSize } from './publish-packet.ts';
import { openRace, type SendResult } from './race.ts';
import { meaningOf, reasonCodes } from './reasons.ts';
import type { Rescue } from './rescue.ts';
import type { Suspects } from './suspects.ts';
import type { Rank, Window } from './window.ts';
import { asBytes, type ConfirmationMode, encodeEntry, type Message, type Topics } from './wire/index.ts';

/** What a session takes now. */
export interface Room {
  /** So many entries. */
  readonly entries: number;
  /** Of the lanes below this number only; undefined: of all. */
  readonly lanes: number | undefined;
  /** About so many bytes of values; undefined: the outbox's own bound. */
  readonly bytes?: number | undefined;
}

/** One connection to the hub. */
export interface UplinkSession {
  /** Aborts when the connection is gone or the gateway stops; what is in flight may still be confirmed after a stop. */
  readonly signal: AbortSignal;
  /**
   * Free slots of the window, which is min(server's Receive Maximum, `uplink.window`), and 128 to 512 entries ahead (`Ahead`), of
   * at most 256 KiB: they wait here by their lanes, so that a slot which is given back is filled at once. Some slots are kept for lane 0, the critical alarms; a lesser lane of which the broker puts off 64 entries is
   * closed, and those below it, until it takes one. While critical alarms go over a second route, its room for them counts. While the
   * line or `uplink.drainLimit` is used up by what may wait, only live alarms and steps of grants are taken.
   */
  readonly room: Room;
  /** Whose word counts now. With `hub`, `send` ends with `sent`, and the hub's own word comes through `onConfirm`. */
  readonly confirmation: ConfirmationMode;
  /** After so long an entry that was `sent` and not confirmed is to be sent again, milliseconds. */
  readonly resendAfterMs: number;
  /** Calls `listener` whenever there may be more room. */
  watch(listener: () => void): Disposable;
  /**
   * Publishes with QoS 1 and waits for the PUBACK, not for the hub's own confirmation; waits for a slot first. Never rejects. A broker that says `busy`, `quota` or the like is asked again with
   * backoff (0.5 to 15 s), and the slot is given to others meanwhile; so is one that says that nobody subscribes, unless `uplink.unheard` takes that for a
   * confirmation, and one that refuses for good, until that is to be believed (`Doubt`). A critical alarm that is not confirmed within 5 s goes over the next route too, where
   * there is one; the first PUBACK counts.
   */
  send(entry: Entry, mark: { readonly replay: boolean }): Promise<SendResult>;
}

/** Publishes what is not an entry (state, outcomes), ahead of waiting entries that are not critical. Never rejects. */
export type Announce = (message: Message) => Promise<PublishResult>;

export function openAnnounce(link: Link, window: Window): Announce {
  return (message) => publish(link, window, message, 'announcement', link.closed);
}

/** Publishes within the window: the slot is held until the answer is there, and no longer. */
function publish(link: Link, window: Window, message: Message, rank: Rank, signal: AbortSignal): Promise<PublishResult> {
  return new Promise((settle) => startPublish(link, window, { message, rank, signal, settle }));
}

interface Publishing {
  readonly message: Message;
  readonly rank: Rank;
  readonly signal: AbortSignal;
  settle(result: PublishResult): void;
}

function startPublish(link: Link, window: Window, { message, rank, signal, settle }: Publishing): void {
  window.start(rank, signal, (taken) => {
    if (!taken) settle({ result: 'lost' });
    else
      link.start(message, (result) => {
        window.release();
        settle(result);
      });
  });
}

/** The lane of live alarms that are not critical. Steps of grants go before them: a flood of motion shall not hold up an outcome. */
const liveAlarms = 2;
/** From this lane on it may wait: what is of the past, conditions and the like, readings. */
const firstWaitingLane = 3;
/** So much of it may lie on the line before a live alarm: a tenth of a second at 10 Mbit/s. */
const drainBytes = 131_072;
/** What is taken before there is a slot for it, of live alarms and of what may wait. A commit of the store takes a millisecond or ten, and up to `most` leave meanwhile. */
const aheadLimits = { entries: 128, most: 512, bytes: 2 ** 18 };

function rankOf(lane: number): Rank {
  return lane === 0 ? 'critical' : lane < liveAlarms ? 'announcement' : 'live';
}

function lesser(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);
}

/**
 * What is kept of an entry until it is answered: the values that it was made of are let go of here, for what lives so long grows old, and is garbage then until
 * the next full collection.
 */
interface Held extends Known {
  readonly lane: number;
  readonly isCritical: boolean;
  readonly isReading: boolean;
  /** What it takes of what is taken ahead. */
  readonly ahead: Ahead;
  readonly bytes: number;
  readonly message: Message;
}

const lullMs = 1000;
const loneWaitMs = 30_000;

const laterBackoff = { minMs: 500, maxMs: 15_000 };

/** What a session is made of. */
export interface SessionParts {
  readonly link: Link;
  readonly window: Window;
  readonly topics: Topics;
  readonly rescue: Rescue;
  readonly confirmation: Confirmation;
  readonly hearing: Hearing;
  readonly suspects: Suspects;
  readonly options: Pick<UplinkOptions, 'compression' | 'drainLimit' | 'resendAfter' | 'unheard'>;
}

export function openSession(parts: SessionParts, signal: AbortSignal, env: Env): UplinkSession {
  const { link, window, topics } = parts;
  const queues = openQueues();
  const drain = openDrain({ inFlightBytes: drainBytes, bytesPerSecond: parts.options.drainLimit }, env.clock);
  const race = openRace(parts.rescue, signal, env);
  const gate = openGate(env);
  const ahead = {
    gravest: openAhead({ ...aheadLimits, most: aheadLimits.entries }),
    live: openAhead(aheadLimits),
    past: openAhead(aheadLimits),
  };
  const doubt = openDoubt(env.clock);
  let works = false;
  const publishInLane = (message: Message, lane: number, signal: AbortSignal): Promise<PublishResult> =>
    new Promise((settle) => {
      if (lane < firstWaitingLane) {
        startPublish(link, window, { message, rank: rankOf(lane), signal, settle });
        return;
      }
      const bytes = packetSize(message, link.level);
      const leave = (result: PublishResult): void => {
        drain.leave(bytes);
        settle(result);
      };
      drain.start(bytes, signal, (passed) => {
        if (passed) startPublish(link, window, { message, rank: 'entry', signal, settle: leave });
        else settle({ result: 'lost' });
      });
    });
  /** When nothing else was sent for a second, or half a minute is over; and nothing else meanwhile: then it is known at what the broker closes the connection. */
  const publishAlone = async (message: Message, until: AbortSignal): Promise<PublishResult> => {
    try {
      const lastMs = env.clock.monotonicMs() + loneWaitMs;
      do await env.clock.sleep(lullMs, until);
      while (!window.isIdle && env.clock.monotonicMs() < lastMs);
      await window.takeAlone(until);
    } catch {
      return { result: 'lost' };
    }
    const result = await link.publish(message);
    window.release();
    return result;
  };
  const publishOnce = async (
    message: Message,
    entry: Held,
    until: AbortSignal,
  ): Promise<SendResult | Extract<PublishResult, { result: 'acked' }>> => {
    const isAlone = parts.suspects.has(entry);
    const answer = isAlone ? await publishAlone(message, until) : await publishInLane(message, entry.lane, until);
    if (answer.result === 'acked') {
      works ||= answer.reasonCode !== reasonCodes.packetTooLarge;
      parts.suspects.answered(entry);
      return answer;
    }
    const isGuilty = answer.atIt === true && parts.suspects.closedAt(entry, { isAlone, works });
    if (!isGuilty) return { result: 'lost' };
    return { result: 'set-aside', reasonCode: reasonCodes.closedAtIt, text: 'the broker closes the connection when it gets it' };
  };
  const sendPatiently = async (message: Message, held: Held, until: AbortSignal = signal): Promise<SendResult> => {
    const { lane } = held;
    const backoff = openBackoff(laterBackoff, env.random);
    let waited = false;
    let refusals = 0;
    for (;;) {
      const answer = await publishOnce(message, held, until);
      if (answer.result !== 'acked') return answer;
      const meaning = meaningOf(answer.reasonCode, parts.options.unheard);
      if (meaning === 'confirmed') {
        gate.heard(waited);
        parts.hearing.heard(gate.waiting);
        doubt.took(held);
        if (window.waiting('entry') > 0 || window.waiting('live') > 0) held.ahead.grow();
        return { result: 'confirmed' };
      }
      const { reasonCode } = answer;
      if (meaning === 'set-aside' && (reasonCode === reasonCodes.packetTooLarge || doubt.refused(held)))
        return { result: 'set-aside', reasonCode };
      using _queue = queues.enter(lane);
      held.ahead.shrink();
      // It waits among those that were put off, which are few.
      held.ahead.leave(held.bytes);
      if (meaning === 'unheard') parts.hearing.missed(message.topic);
      if (meaning === 'set-aside') refusals += 1;
      // Whoever was refused thrice, and not set aside, is refused with all others.
      waited = meaning === 'unheard' || refusals >= 3;
      try {
        await (waited ? gate.wait(lane, until) : env.clock.sleep(backoff.next(), until));
      } catch {
        return { result: 'lost' };
      } finally {
        held.ahead.enter(held.bytes);
      }
    }
  };
  const sendHeld = async (held: Held): Promise<SendResult> => {
    const message = held.isReading ? await compress(held.message, parts.options.compression) : held.message;
    // Over a second route a suspect would only close that too.
    const sent =
      held.isCritical && !parts.suspects.has(held)
        ? await race.run(message, (until) => sendPatiently(message, held, until))
        : await sendPatiently(message, held);
    held.ahead.leave(held.bytes);
    if (sent.result !== 'confirmed') return sent;
    const mode = await parts.confirmation.decide(link.closed);
    return mode === undefined ? { result: 'lost' } : { result: mode === 'hub' ? 'sent' : 'confirmed' };
  };
  return {
    signal,
    get room() {
      const past = ahead.past.bytes === 0 ? 0 : ahead.past.entries - window.waiting('entry') - drain.waiting;
      const live = ahead.live.bytes === 0 ? 0 : ahead.live.entries - window.waiting('live');
      const gravest = ahead.gravest.entries - window.waiting('announcement') - window.waiting('critical');
      const lanes = lesser(queues.firstFull(), live <= 0 ? liveAlarms : past <= 0 ? firstWaitingLane : undefined);
      if (lanes === 1 || gravest <= 0) return { entries: Math.max(window.free('critical'), race.room), lanes: 1 };
      const bytes = lanes === undefined ? ahead.past.bytes : lanes > liveAlarms ? ahead.live.bytes : undefined;
      return { entries: window.free('entry') + Math.min(...[gravest, live, past].filter((more) => more > 0)), lanes, bytes };
    },
    watch: window.watch,
    get confirmation() {
      return parts.confirmation.mode;
    },
    resendAfterMs: parts.options.resendAfter,
    send(entry, mark) {
      const encoded = encodeEntry(entry, topics, mark);
      if ('reasonCode' in encoded) return Promise.resolve({ result: 'set-aside', ...encoded });
      const { lane, body } = entry;
      const message = asBytes(encoded.message);
      const held: Held = {
        ...knownOf(entry),
        lane,
        isCritical: body.class === 'alarm' && body.value.severity === 'critical',
        isReading: body.class === 'reading',
        ahead: lane >= firstWaitingLane ? ahead.past : lane === liveAlarms ? ahead.live : ahead.gravest,
        bytes: message.payload.length,
        message,
      };
      held.ahead.enter(held.bytes);
      return sendHeld(held);
    },
  };
}

/** Entries of one lane that the broker may have put off before no more of it are taken: a refusing broker shall not be flooded. */
const maxPutOff = 64;

/** How many entries of each lane wait because the broker put them off. */
function openQueues() {
  const putOff = new Map<number, number>();
  const change = (lane: number, by: number): void => void putOff.set(lane, (putOff.get(lane) ?? 0) + by);
  return {
    enter(lane: number): Disposable {
      change(lane, 1);
      return { [Symbol.dispose]: () => change(lane, -1) };
    },
    /** The gravest lane that is full. The lane of critical alarms never is. */
    firstFull(): number | undefined {
      const full = [...putOff].filter(([lane, count]) => lane > 0 && count >= maxPutOff).map(([lane]) => lane);
      return full.length === 0 ? undefined : Math.min(...full);
    },
  };
}
