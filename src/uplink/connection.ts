// The life of one connection: hear commands, tell the state, send outcomes, run the session, say goodbye.
import { type BongsuError, type Env, messageOf, uuidv7 } from '#base';
import type { Identity } from '#model';
import type { Answers } from './answers.ts';
import type { Confirmation } from './confirmation.ts';
import { uplinkFaults } from './faults.ts';
import type { Hearing } from './hearing.ts';
import type { Link } from './link.ts';
import type { UplinkOptions } from './options.ts';
import type { Rescue } from './rescue.ts';
import { type Announce, openAnnounce, openSession, type UplinkSession } from './session.ts';
import type { Suspects } from './suspects.ts';
import { openWindow } from './window.ts';
import { encodeState, type Topics } from './wire/index.ts';
import { within } from './within.ts';

/** What a connection needs. */
export interface ConnectionDeps {
  readonly options: UplinkOptions;
  readonly identity: Identity;
  readonly version: string;
  /** Number of this connection within the boot, as in its will. */
  readonly connection: number;
  readonly topics: Topics;
  readonly answers: Answers;
  readonly confirmation: Confirmation;
  readonly hearing: Hearing;
  readonly suspects: Suspects;
  /** Where a critical alarm goes when this connection's broker keeps silent. */
  readonly rescue: Rescue;
  /** Why the hub is not to be heard, its commands and confirmations; undefined: it is. */
  readonly deafBy: BongsuError | undefined;
  onSession(session: UplinkSession): Promise<void>;
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Told when something is wrong that does not end the connection. */
  noted(fault: BongsuError): void;
  /** Asked at the end: whether the gateway stops, or only goes over to another connection. */
  isFarewell(): boolean;
}

const stopGraceMs = 2000;
/** How long the broker may take to hand out the hub's retained state, once it has granted the subscription. */
const retainedWaitMs = 1000;
const deafMs = 5000;

/**
 * Lives until the link closes or `signal` aborts; then the session gets 2 s for what is in flight, `stopped` is told if the gateway stops, and the link says
 * goodbye.
 * Rejects only with what the session's story threw while it was alive.
 */
export async function liveConnection(link: Link, deps: ConnectionDeps, signal: AbortSignal, env: Env): Promise<void> {
  const window = openWindow(Math.min(link.receiveMaximum, deps.options.window));
  const announce = openAnnounce(link, window);
  const crash = new AbortController();
  const over = AbortSignal.any([link.closed, signal, crash.signal]);
  let crashed: { error: unknown } | undefined;
  const story = deps.onSession(openSession({ link, window, ...deps }, over, env)).catch((error: unknown) => {
    if (over.aborted) return;
    crashed = { error };
    crash.abort(error);
  });
  const keeping = keep(link, announce, deps, over, env);
  await aborted(over);
  if (!link.closed.aborted) {
    await within(story, stopGraceMs, env.clock);
    const farewell = deps.isFarewell();
    if (farewell) await within(tellState('stopped', announce, deps, env), stopGraceMs, env.clock);
    await link.end({ keepsWill: !farewell });
  }
  await Promise.all([story, keeping]);
  if (crashed) throw crashed.error;
}

/** What is done beside the session. */
async function keep(link: Link, announce: Announce, deps: ConnectionDeps, signal: AbortSignal, env: Env): Promise<void> {
  const told = tellState('online', announce, deps, env);
  const sending = deps.answers.run(announce, signal);
  const hearing = hear(link, deps, signal, env);
  await told;
  while (!signal.aborted) {
    await env.clock.sleep(deps.options.stateInterval, signal).catch(() => {});
    if (!signal.aborted) await tellState('online', announce, deps, env);
  }
  await Promise.all([sending, hearing]);
}

/** Subscribes to what the hub says. Who confirms is decided when its retained word is there, or has not come a second after the subscription. */
async function hear(link: Link, deps: ConnectionDeps, signal: AbortSignal, env: Env): Promise<void> {
  const { confirmation } = deps;
  if (deps.deafBy) {
    deps.noted(deps.deafBy);
    return confirmation.settle(true);
  }
  using _limit = env.clock.after(deafMs, () => confirmation.settle(true));
  if (!(await link.subscribe(deps.topics.commands)) && !link.closed.aborted) deps.noted(uplinkFaults.fault('commands-refused'));
  let heard = true;
  for (const topic of confirmation.subscriptions) heard = (await link.subscribe(topic)) && heard;
  if (heard && confirmation.subscriptions.length > 0) await env.clock.sleep(retainedWaitMs, signal).catch(() => {});
  if (!link.closed.aborted) confirmation.settle(heard);
}

async function tellState(state: 'online' | 'stopped', announce: Announce, deps: ConnectionDeps, env: Env): Promise<void> {
  const counts = await deps.counts().catch((error: unknown) => {
    env.log.warn({ error: messageOf(error) }, 'the counts of the state are missing');
    return {};
  });
  const now = env.clock.now();
  await announce(encodeState(state, deps.topics, deps, { id: uuidv7(now, env.random), time: now, counts }));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
