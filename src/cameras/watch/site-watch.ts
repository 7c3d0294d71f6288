// The watch over the whole site: the groups behind its switches and the patrol that looks at pictures.
import { type Env, messageOf } from '#base';
import type { Condition, Look, LookAsk } from '#model';
import { knock } from '../knock.ts';
import { openSlots } from '../slots.ts';
import type { LoginGate } from '../soap/index.ts';
import type { WatchOptions } from '../watch-options.ts';
import { type Groups, openGroups } from './groups.ts';
import { type Looker, openLooker } from './looker.ts';
import { openPatrol, type Patrol } from './patrol.ts';

/** How the gateway itself looks at pictures. */
export interface Sight {
  /** Asks the media process; undefined when it cannot say. Never rejects. */
  look(ask: LookAsk, timeoutMs: number): Promise<Look | undefined>;
  /** Writes on the audit whose frames will be looked at, by whom. No frame is asked for before it resolves. */
  account(look: 'frame-probe' | 'camera-test', subjects: string, by: string): Promise<void>;
}

/** What the watch is handed. */
export interface SiteWatchDeps {
  /** Undefined: nobody can look; then pictures are not watched. */
  readonly sight: Sight | undefined;
  readonly gate: LoginGate;
  condition(step: Condition): Promise<unknown>;
  /** What stands; left out: nothing is known of it. */
  readonly openConditions: (() => Promise<readonly Condition[]>) | undefined;
}

/** The watch over the site. */
export interface SiteWatch extends Pick<Groups, 'join'>, Pick<Patrol, 'add'> {
  readonly looker: Looker;
  /** Goes its rounds until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Knocks at the same time, and how long one waits. */
const knocks = 64;
const knockMs = 2000;
/** This machine has no socket to spare: that says nothing of the camera. */
const exhausted = /\b(EMFILE|ENFILE|ENOBUFS|EADDRNOTAVAIL)\b/;

/** Opens the watch; nothing is sent before a camera is lost, or `run`. */
export function openSiteWatch(options: WatchOptions, { sight, gate, condition, openConditions }: SiteWatchDeps, env: Env): SiteWatch {
  const never = new AbortController();
  const knockSlots = openSlots(knocks);
  const isThere = async (url: URL): Promise<boolean> => {
    using _slot = await knockSlots.take(never.signal);
    const failed = await knock(url, knockMs, env, never.signal);
    return failed === undefined || exhausted.test(failed.detail.en);
  };
  const groups = openGroups(options.groups, { knock: isThere, condition }, env);
  const look = sight?.look ?? (() => Promise.resolve(undefined));
  const looker = openLooker(options.pictures, { look, gate, slots: openSlots(options.pictures.atOnce) });
  const account = async (subjects: string): Promise<void> => sight?.account('frame-probe', subjects, 'gateway');
  const patrol = openPatrol(options.pictures, { looker, account }, env);
  const forgetStrangers = async (): Promise<void> => {
    try {
      await groups.forgetStrangers((await openConditions?.()) ?? []);
    } catch (error) {
      env.log.error({ error: messageOf(error) }, 'what stands of groups that are no more could not be ended');
    }
  };
  return {
    looker,
    join: groups.join,
    add: patrol.add,
    async run(signal) {
      // By then the cameras have their seats.
      using _strangers = env.clock.after(options.groups.settle, () => void forgetStrangers());
      await patrol.run(signal);
      groups[Symbol.dispose]();
    },
  };
}
