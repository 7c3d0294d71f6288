// The cameras of the site and their loops: who is watched, who is leaving, and when each loop begins.
import type { Env } from '#base';
import { faults } from './faults.ts';
import { type Member, openMember, streamOf } from './member.ts';
import type { CamerasOptions } from './options.ts';
import { type CameraRecord, type SuperviseDeps, supervise } from './supervise.ts';
import { type SiteWatch, superviseStream } from './watch/index.ts';

/** The roster of the site. */
export interface Roster {
  find(id: string): Member | undefined;
  /** @throws cameras.unknown */
  get(id: string): Member;
  /** In the order in which they came. */
  list(): readonly Member[];
  /** Begins to supervise a camera, now or with `start`; one of the same id is replaced. */
  enroll(record: CameraRecord): void;
  /** Resolves when its loop has ended. An unknown id is passed over. */
  leave(id: string): Promise<void>;
  /** Begins all loops, spread over time, and from now on each with its camera. */
  start(): void;
  stop(reason: unknown): void;
  /** Resolves when all loops have ended; those of new cameras wait for the next `start`. */
  ended(): Promise<void>;
}

/** At a start, cameras begin one after another at least so far apart on average. */
const spreadMs = 10;
const maxSpreadMs = 30_000;

/** Opens the roster; nobody is on it. */
export function openRoster(options: CamerasOptions, deps: SuperviseDeps, watch: SiteWatch, env: Env): Roster {
  const members = new Map<string, Member>();
  /** Loops of cameras that were removed or replaced, until they have ended. */
  const leaving = new Map<string, Promise<void>>();
  let isRunning = false;

  const begin = (member: Member): void => {
    const delayMs = env.random.uniform() * Math.min(maxSpreadMs, members.size * spreadMs);
    const before = leaving.get(member.record.device.id);
    member.done = before ? before.then(() => run(member, delayMs)) : run(member, delayMs);
  };
  const run = (member: Member, delayMs: number): Promise<void> => {
    const { record, address, state, ailments, stop } = member;
    if (!address) return Promise.resolve();
    if (address.protocol === 'rtsp')
      return superviseStream(streamOf(member, delayMs, { options, ...deps }, env), options, watch.looker, env, stop.signal);
    const camera = { record, base: address.url, state, ailments, delayMs, isRemoved: () => member.removed };
    return supervise(camera, options, deps, env, stop.signal);
  };
  const leave = (id: string): Promise<void> => {
    const member = members.get(id);
    if (!member) return leaving.get(id) ?? Promise.resolve();
    members.delete(id);
    member.removed = true;
    member.beat?.[Symbol.dispose]();
    member.seat[Symbol.dispose]();
    member.stop.abort();
    const gone = member.done.finally(() => {
      if (leaving.get(id) === gone) leaving.delete(id);
    });
    leaving.set(id, gone);
    return gone;
  };
  return {
    find: (id) => members.get(id),
    get(id) {
      const member = members.get(id);
      if (!member) throw faults.fault('unknown', { detail: id });
      return member;
    },
    list: () => [...members.values()],
    enroll(record) {
      const { id } = record.device;
      void leave(id);
      const member = openMember(record, { options, watch, condition: deps.condition }, env);
      members.set(id, member);
      if (isRunning) begin(member);
    },
    leave,
    start() {
      isRunning = true;
      for (const member of members.values()) begin(member);
    },
    stop(reason) {
      for (const { stop } of members.values()) stop.abort(reason);
    },
    async ended() {
      isRunning = false;
      await Promise.all([...[...members.values()].map((member) => member.done), ...leaving.values()]);
    },
  };
}
