// The board of states: what each origin on a camera last said, so that repeats are passed over, several rules on one channel make one alarm,
// what changed while nobody listened is told once, and what never ends is ended.
import type { Alarm } from '#model';
import type { Handling } from './handling.ts';
import type { Sighting } from './meaning.ts';
import { kindOf, type Subject } from './subject.ts';

/** Alarms that are open at the alarms room, by the keys that `boardKey` makes. */
export type OpenKeys = ReadonlyMap<string, Alarm>;

/** What a change on the board asks for. */
export interface Told {
  /** `alarm`: to be reported (a condition too). `local`: to be kept here. */
  readonly as: 'alarm' | 'local';
  readonly sighting: Sighting;
}

/** What the board needs to know beside what the camera says. */
export interface BoardWorld {
  readonly handling: Handling;
  /** Milliseconds after which a state counts as over; undefined: never. */
  timeout(about: Subject, isMoment: boolean): number | undefined;
  now(): number;
  monotonicMs(): number;
}

/** A camera's states. Pure memory; at most 512 origins, beyond which a sighting is passed on without being remembered. */
export interface Board {
  /** A subscription begins while these alarms are open. Ends what is open and no alarm here any more. */
  begin(open: OpenKeys): void;
  /** A live sighting: what has to be told. A moment (`pulse`) of a condition stands until its time is over. */
  see(sighting: Sighting): readonly Told[];
  /** A first value after a subscription began: kept until `settle`. */
  collect(sighting: Sighting): void;
  /**
   * First values have come: says what has to be told for the camera's states to be right. `complete`: all of them have, so that a property
   * which was a first value before and is none now is gone.
   */
  settle(complete: boolean): readonly Told[];
  /** What time has brought: states that are too old, hours at which a kind becomes an alarm or none. */
  due(): readonly Told[];
  /** Monotonic milliseconds until the next state is too old; undefined: none will be. */
  readonly dueInMs: number | undefined;
  readonly collected: number;
}

interface Origin {
  readonly key: string;
  /** Its newest word; while it is active that by which it became so. */
  readonly sighting: Sighting;
  readonly active: boolean;
  /** Once said as a first value: the camera says it again with every synchronisation. */
  readonly initialised: boolean;
  readonly heardMs: number;
  readonly timeoutMs: number | undefined;
}

/** An alarm from before of which no origin has spoken yet. */
interface Orphan {
  readonly sighting: Sighting;
  readonly sinceMs: number;
  readonly timeoutMs: number | undefined;
}

/** A key, and the sighting that may have changed it. */
interface Touched {
  readonly key: string;
  readonly by: Sighting;
}

const maxOrigins = 512;

/** Names one alarm of a camera: channel and kind. */
export function boardKey(channel: string, kind: string): string {
  return `${channel} ${kind}`;
}

function keyOf({ channel, about }: Pick<Sighting, 'channel' | 'about'>): string {
  return boardKey(channel, kindOf(about));
}

/** Opens an empty board. */
export function openBoard(world: BoardWorld): Board {
  const origins = new Map<string, Origin>();
  const orphans = new Map<string, Orphan>();
  /** What the alarms room was last told of a key; conditions of before a start are unknown. */
  const told = new Map<string, boolean>();
  let fresh = new Map<string, Sighting>();

  const treat = (sighting: Sighting) => world.handling(sighting, world.now());
  const alarming = (key: string): Origin | undefined => {
    for (const origin of origins.values()) if (origin.key === key && origin.active && treat(origin.sighting) === 'alarm') return origin;
    return undefined;
  };
  /** Makes what was told of `key` right; `because`: the sighting that may have changed it. */
  const tell = (key: string, because: Sighting, reason?: Sighting['reason']): readonly Told[] => {
    const on = alarming(key);
    const isAlarm = 'alarm' in because.about;
    const known = told.get(key) ?? (isAlarm ? false : undefined);
    if (known === (on !== undefined)) return [];
    if (!on && known === undefined && 'fact' in because.about) return [];
    told.set(key, on !== undefined);
    const now = { time: world.now(), clockQuality: 'receipt' } as const;
    if (on) return [{ as: 'alarm', sighting: { ...on.sighting, state: 'active', ...(reason && now) } }];
    return [{ as: 'alarm', sighting: over(because, reason ?? (because.state === 'inactive' ? undefined : 'handling')) }];
  };
  /** What ends without the camera's word ends now. */
  const over = (sighting: Sighting, reason: Sighting['reason']): Sighting =>
    reason === undefined
      ? { ...sighting, state: 'inactive', occurrence: undefined }
      : { ...sighting, state: 'inactive', occurrence: undefined, reason, time: world.now(), clockQuality: 'receipt' };

  /** Takes a sighting up and says which keys it touches, its own last. An object detector may see a fire where it saw a person; the end is that of what was seen. */
  const put = (heard: Sighting): readonly Touched[] => {
    const before = origins.get(heard.origin);
    const active = heard.state !== 'inactive';
    const { about, channel } = active || !before ? heard : before.sighting;
    const sighting = { ...heard, about, channel };
    const key = keyOf(sighting);
    orphans.delete(key);
    if (sighting.deleted) origins.delete(sighting.origin);
    else {
      origins.set(sighting.origin, {
        key,
        sighting: active && before?.active && before.key === key ? before.sighting : sighting,
        active,
        initialised: sighting.initial || before?.initialised === true,
        heardMs: world.monotonicMs(),
        timeoutMs: world.timeout(sighting.about, sighting.state === 'pulse'),
      });
    }
    const { time, clockQuality } = sighting;
    const left = before &&
      before.key !== key && { key: before.key, by: { ...before.sighting, state: 'inactive', time, clockQuality } as const };
    return left ? [left, { key, by: sighting }] : [{ key, by: sighting }];
  };
  const isFull = (sighting: Sighting): boolean => !origins.has(sighting.origin) && origins.size >= maxOrigins;
  const keep = (sighting: Sighting, before: Origin | undefined): readonly Told[] => {
    const active = sighting.state !== 'inactive';
    if (active === (before?.active ?? false) || treat(sighting) !== 'local') return [];
    return [{ as: 'local', sighting }];
  };
  const answer = (touched: readonly Touched[], before: Origin | undefined): readonly Told[] => [
    ...touched.slice(-1).flatMap(({ by }) => keep(by, before)),
    ...touched.flatMap(({ key, by }) => tell(key, by)),
  ];
  const take = (sighting: Sighting): readonly Told[] => {
    if (isFull(sighting)) {
      const as = treat(sighting);
      return as === 'ignore' ? [] : [{ as, sighting }];
    }
    const before = origins.get(sighting.origin);
    const told = answer(put(sighting), before);
    // A second rule of an alarm that stands is told too: it says where.
    const joins = told.length === 0 && sighting.state !== 'inactive' && !before?.active && treat(sighting) === 'alarm';
    return joins ? [{ as: 'alarm', sighting: { ...sighting, state: 'active' } }] : told;
  };
  /** Too old, or gone from the camera: it counts as over until the camera says it again. */
  const expire = (name: string, origin: Origin): readonly Told[] => {
    origins.set(name, { ...origin, active: false });
    const ended = over(origin.sighting, 'timeout');
    const local = treat(origin.sighting) === 'local' ? [{ as: 'local', sighting: ended } as const] : [];
    return [...local, ...tell(origin.key, origin.sighting, 'timeout')];
  };
  const isLate = ({ timeoutMs }: Pick<Origin, 'timeoutMs'>, sinceMs: number): boolean =>
    timeoutMs !== undefined && world.monotonicMs() - sinceMs >= timeoutMs;

  const dueOrphans = (): readonly Told[] =>
    [...orphans].flatMap(([key, orphan]) => {
      const late = isLate(orphan, orphan.sinceMs);
      if (!late && treat(orphan.sighting) === 'alarm') return [];
      orphans.delete(key);
      told.set(key, false);
      return [{ as: 'alarm', sighting: over(orphan.sighting, late ? 'timeout' : 'handling') } as const];
    });
  const dueOrigins = (): readonly Told[] =>
    [...origins].flatMap(([name, origin]) => {
      if (!origin.active) return [];
      return isLate(origin, origin.heardMs) ? expire(name, origin) : tell(origin.key, origin.sighting, 'handling');
    });

  return {
    get collected() {
      return fresh.size;
    },
    get dueInMs() {
      const now = world.monotonicMs();
      const states = [...origins.values()].filter(({ active }) => active).map(({ heardMs, timeoutMs }) => ({ from: heardMs, timeoutMs }));
      const before = [...orphans.values()].map(({ sinceMs, timeoutMs }) => ({ from: sinceMs, timeoutMs }));
      const ends = [...states, ...before].flatMap(({ from, timeoutMs }) => (timeoutMs === undefined ? [] : [from + timeoutMs - now]));
      return ends.length === 0 ? undefined : Math.max(0, Math.min(...ends));
    },
    begin(open) {
      fresh = new Map();
      for (const key of told.keys()) if (isAlarmKey(key, origins)) told.delete(key);
      orphans.clear();
      for (const [key, alarm] of open) {
        told.set(key, true);
        if (alarming(key)) continue;
        const sighting = sightingOf(alarm, world.now());
        orphans.set(key, { sighting, sinceMs: world.monotonicMs(), timeoutMs: world.timeout(sighting.about, false) });
      }
    },
    see(sighting) {
      fresh.delete(sighting.origin);
      return take(sighting);
    },
    collect(sighting) {
      if (fresh.size < maxOrigins || fresh.has(sighting.origin)) fresh.set(sighting.origin, sighting);
    },
    settle(complete) {
      const values = fresh;
      fresh = new Map();
      if (values.size === 0) return [];
      // All first values count before any is told: the end of one rule is no end while another stands.
      const befores = [...values.values()].map((sighting) => ({ sighting, before: origins.get(sighting.origin) }));
      const taken = befores.filter(({ sighting }) => !isFull(sighting)).map(({ sighting, before }) => ({ touched: put(sighting), before }));
      const gone = complete ? [...origins].filter(([name, origin]) => origin.active && origin.initialised && !values.has(name)) : [];
      return [
        ...taken.flatMap(({ touched, before }) => answer(touched, before)),
        ...gone.flatMap(([name, origin]) => expire(name, origin)),
      ];
    },
    due: () => [...dueOrphans(), ...dueOrigins()],
  };
}

/** Whether what was told of a key is an alarm's: those the alarms room itself is asked for. */
function isAlarmKey(key: string, origins: ReadonlyMap<string, Origin>): boolean {
  for (const origin of origins.values()) if (origin.key === key) return 'alarm' in origin.sighting.about;
  return true;
}

/** An open alarm as if its camera had just said it. */
function sightingOf({ channel, kind, detail, severity }: Alarm, now: number): Sighting {
  const nameless = { origin: '', zone: '', initial: false, deleted: false, occurrence: undefined } as const;
  return { about: { alarm: kind }, channel, state: 'active', time: now, clockQuality: 'receipt', severity, detail, ...nameless };
}
