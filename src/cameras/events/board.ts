// The board of states: what each origin on a camera last said, so that repeats are passed over, several rules on one channel make one alarm,
// what changed while nobody listened is told once, and what never ends is ended.
import type { Alarm } from '#model';
import type { Handling, Treatment } from './handling.ts';
import type { Sighting } from './meaning.ts';
import { kindOf, type Subject } from './subject.ts';

/** Alarms that are open at the alarms room, by the keys that `boardKey` makes. */
export type OpenKeys = ReadonlyMap<string, Alarm>;

/** The alarm that a person has ended. */
export type EndedPoint = Pick<Alarm, 'channel' | 'kind'>;

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
  /** A person has ended it: it stands no more until the camera's next word, whichever that is; time alone raises it never. */
  ended(point: EndedPoint): void;
  /** How often `ended` was called. */
  readonly ends: number;
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
  /** By a person, since its newest word. */
  readonly ended?: true;
}

/** An alarm from before of which no origin has spoken yet. */
interface Orphan {
  readonly sighting: Sighting;
  readonly sinceMs: number;
  readonly timeoutMs: number | undefined;
}

/** How often a key began in the minute, and its end that waits. */
interface Flaps {
  readonly sinceMs: number;
  begins: number;
  end: Sighting | undefined;
}

/** A key, and the sighting that may have changed it. */
interface Touched {
  readonly key: string;
  readonly by: Sighting;
}

const maxOrigins = 512;
const minuteMs = 60_000;
/** So often an alarm of one key begins in a minute; beyond it, its end waits until the minute is over. No begin is lost, and no camera fills the lane of others. */
const maxBegins = 300;

/** Names one alarm of a camera: channel and kind. */
export function boardKey(channel: string, kind: string): string {
  return `${channel} ${kind}`;
}

function keyOf({ channel, about }: Pick<Sighting, 'channel' | 'about'>): string {
  return boardKey(channel, kindOf(about));
}

/** Opens an empty board. */
export function openBoard(world: BoardWorld): Board {
  return new States(world);
}

/** There is one for each camera: its methods are shared, and what is mostly empty is made when it is needed. */
class States implements Board {
  readonly #world: BoardWorld;
  readonly #origins = new Map<string, Origin>();
  /** What the alarms room was last told of a key; conditions of before a start are unknown. `ended`: by a person, whatever came in between. */
  #told: Map<string, boolean | 'ended'> | undefined;
  #orphans: Map<string, Orphan> | undefined;
  #fresh: Map<string, Sighting> | undefined;
  #flaps: Map<string, Flaps> | undefined;
  ends = 0;

  constructor(world: BoardWorld) {
    this.#world = world;
  }

  get collected(): number {
    return this.#fresh?.size ?? 0;
  }

  get dueInMs(): number | undefined {
    const now = this.#world.monotonicMs();
    let least: number | undefined;
    const count = (sinceMs: number, timeoutMs: number | undefined): void => {
      if (timeoutMs !== undefined) least = Math.max(0, Math.min(least ?? Infinity, sinceMs + timeoutMs - now));
    };
    for (const { active, heardMs, timeoutMs } of this.#origins.values()) if (active) count(heardMs, timeoutMs);
    for (const { sinceMs, timeoutMs } of this.#orphans?.values() ?? []) count(sinceMs, timeoutMs);
    for (const { sinceMs, end } of this.#flaps?.values() ?? []) if (end) count(sinceMs, minuteMs);
    return least;
  }

  begin(open: OpenKeys): void {
    const { now, monotonicMs, timeout } = this.#world;
    this.#fresh = undefined;
    this.#orphans = undefined;
    for (const key of this.#told?.keys() ?? []) if (isAlarmKey(key, this.#origins)) this.#told?.delete(key);
    for (const [key, alarm] of open) {
      this.#keepTold(key, true, true);
      if (this.#alarming(key)) continue;
      const sighting = sightingOf(alarm, now());
      this.#orphans ??= new Map();
      this.#orphans.set(key, { sighting, sinceMs: monotonicMs(), timeoutMs: timeout(sighting.about, false) });
    }
  }

  ended({ channel, kind }: EndedPoint): void {
    const key = boardKey(channel, kind);
    this.ends += 1;
    this.#orphans?.delete(key);
    this.#told?.delete(key);
    for (const [name, origin] of this.#origins) {
      if (origin.key !== key || !('alarm' in origin.sighting.about)) continue;
      this.#origins.set(name, { ...origin, ended: true });
      this.#told ??= new Map();
      this.#told.set(key, 'ended');
    }
  }

  see(sighting: Sighting): readonly Told[] {
    const first = this.#fresh?.get(sighting.origin);
    this.#fresh?.delete(sighting.origin);
    // What stood when we asked and is over before all was said was an alarm all the same.
    const wasOver = first?.state === 'active' && sighting.state === 'inactive';
    if (!wasOver || this.#isFull(first)) return this.#hear(sighting);
    const before = this.#origins.get(first.origin);
    const began = this.#answer(this.#put(first), before);
    return [...began, ...this.#hear(sighting)];
  }

  #hear(sighting: Sighting): readonly Told[] {
    if (this.#isFull(sighting)) {
      const as = this.#treat(sighting);
      if (as === 'ignore' || (as === 'alarm' && sighting.state !== 'inactive' && !this.#mayBegin(keyOf(sighting)))) return [];
      return [{ as, sighting }];
    }
    const before = this.#origins.get(sighting.origin);
    const told = this.#answer(this.#put(sighting), before);
    // A second rule of an alarm that stands is told too: it says where.
    const joins =
      told.length === 0 && sighting.state !== 'inactive' && (!before?.active || before.ended) && this.#treat(sighting) === 'alarm';
    return joins && this.#mayBegin(keyOf(sighting)) ? [{ as: 'alarm', sighting: { ...sighting, state: 'active' } }] : told;
  }

  collect(sighting: Sighting): void {
    this.#fresh ??= new Map();
    if (this.#fresh.size < maxOrigins || this.#fresh.has(sighting.origin)) this.#fresh.set(sighting.origin, sighting);
  }

  settle(complete: boolean): readonly Told[] {
    const values = this.#fresh;
    this.#fresh = undefined;
    if (!values || values.size === 0) return [];
    // All first values count before any is told: the end of one rule is no end while another stands.
    const befores = [...values.values()].map((sighting) => ({ sighting, before: this.#origins.get(sighting.origin) }));
    const taken = befores
      .filter(({ sighting }) => !this.#isFull(sighting))
      .map(({ sighting, before }) => ({ touched: this.#put(sighting), before }));
    const gone = complete ? [...this.#origins].filter(([name, origin]) => origin.active && origin.initialised && !values.has(name)) : [];
    return [
      ...taken.flatMap(({ touched, before }) => this.#answer(touched, before)),
      ...gone.flatMap(([name, origin]) => this.#expire(name, origin)),
    ];
  }

  due(): readonly Told[] {
    const told: Told[] = [];
    for (const [key, orphan] of this.#orphans ?? []) told.push(...this.#dueOrphan(key, orphan));
    for (const [key, { sinceMs, end }] of this.#flaps ?? []) {
      if (!this.#isLate(sinceMs, minuteMs)) continue;
      this.#flaps?.delete(key);
      if (end) told.push(...this.#tell(key, end));
    }
    /** What one origin of a key says of the hour, all of them say. */
    const judged = new Set<string>();
    for (const [name, origin] of this.#origins) {
      if (!origin.active) continue;
      if (this.#isLate(origin.heardMs, origin.timeoutMs)) told.push(...this.#expire(name, origin));
      else if (!judged.has(origin.key)) told.push(...this.#tell(origin.key, origin.sighting, 'handling'));
      judged.add(origin.key);
    }
    return told;
  }

  #dueOrphan(key: string, { sighting, sinceMs, timeoutMs }: Orphan): readonly Told[] {
    const late = this.#isLate(sinceMs, timeoutMs);
    if (!late && this.#treat(sighting) === 'alarm') return [];
    this.#orphans?.delete(key);
    this.#told?.delete(key);
    return [{ as: 'alarm', sighting: this.#over(sighting, late ? 'timeout' : 'handling') }];
  }

  #treat(sighting: Sighting): Treatment {
    return this.#world.handling(sighting, this.#world.now());
  }

  #alarming(key: string): Origin | undefined {
    for (const origin of this.#origins.values()) {
      if (origin.key === key && origin.active && !origin.ended && this.#treat(origin.sighting) === 'alarm') return origin;
    }
    return undefined;
  }

  /** Makes what was told of `key` right; `because`: the sighting that may have changed it. */
  #tell(key: string, because: Sighting, reason?: Sighting['reason']): readonly Told[] {
    const on = this.#alarming(key);
    const isAlarm = 'alarm' in because.about;
    const known = this.#told?.get(key) ?? (isAlarm ? false : undefined);
    if (known === (on !== undefined) || (known === 'ended' && reason === 'handling')) return [];
    if (!on && known === undefined && 'fact' in because.about) return [];
    if (isAlarm && !this.#mayTurn(key, on ? undefined : because)) return [];
    this.#keepTold(key, on !== undefined, isAlarm);
    const now = { time: this.#world.now(), clockQuality: 'receipt' } as const;
    if (on) return [{ as: 'alarm', sighting: { ...on.sighting, state: 'active', ...(reason && now) } }];
    return [{ as: 'alarm', sighting: this.#over(because, reason ?? (because.state === 'inactive' ? undefined : 'handling')) }];
  }

  /** An alarm that is over is one that was never told: only what stands takes a place, and conditions, of which a first end is told. */
  #keepTold(key: string, isOn: boolean, isAlarm: boolean): void {
    if (!isOn && isAlarm) this.#told?.delete(key);
    else {
      this.#told ??= new Map();
      this.#told.set(key, isOn);
    }
  }

  /** Counts a begin; false when there were too many in this minute. */
  #mayBegin(key: string): boolean {
    const known = this.#flaps?.get(key);
    const flaps =
      known && !this.#isLate(known.sinceMs, minuteMs) ? known : { sinceMs: this.#world.monotonicMs(), begins: 0, end: known?.end };
    if (flaps.begins >= maxBegins) return false;
    flaps.begins += 1;
    this.#flaps ??= new Map();
    this.#flaps.set(key, flaps);
    return true;
  }

  /** A begin always may; an `end` waits for `due` where the key began too often in this minute. */
  #mayTurn(key: string, end: Sighting | undefined): boolean {
    if (!end) this.#mayBegin(key);
    const flaps = this.#flaps?.get(key);
    if (!end || !flaps || flaps.begins < maxBegins || this.#isLate(flaps.sinceMs, minuteMs)) return true;
    flaps.end = end;
    return false;
  }

  /** What ends without the camera's word ends now. */
  #over(sighting: Sighting, reason: Sighting['reason']): Sighting {
    const ended = { ...sighting, state: 'inactive', occurrence: undefined } as const;
    return reason === undefined ? ended : { ...ended, reason, time: this.#world.now(), clockQuality: 'receipt' };
  }

  /** Takes a sighting up and says which keys it touches, its own last. An object detector may see a fire where it saw a person; the end is that of what was seen. */
  #put(heard: Sighting): readonly Touched[] {
    const before = this.#origins.get(heard.origin);
    const active = heard.state !== 'inactive';
    const { about, channel } = active || !before ? heard : before.sighting;
    const sighting = { ...heard, about, channel };
    const key = keyOf(sighting);
    this.#orphans?.delete(key);
    if (sighting.deleted) this.#origins.delete(sighting.origin);
    else {
      const { timeout, monotonicMs } = this.#world;
      this.#origins.set(sighting.origin, {
        key,
        sighting: active && before?.active && !before.ended && before.key === key ? before.sighting : sighting,
        active,
        initialised: sighting.initial || before?.initialised === true,
        heardMs: monotonicMs(),
        timeoutMs: timeout(sighting.about, sighting.state === 'pulse'),
      });
    }
    const own = { key, by: sighting };
    if (!before || before.key === key) return [own];
    const { time, clockQuality } = sighting;
    return [{ key: before.key, by: { ...before.sighting, state: 'inactive', time, clockQuality } }, own];
  }

  #isFull(sighting: Sighting): boolean {
    return this.#origins.size >= maxOrigins && !this.#origins.has(sighting.origin);
  }

  #answer(touched: readonly Touched[], before: Origin | undefined): readonly Told[] {
    return [...touched.slice(-1).flatMap(({ by }) => this.#keep(by, before)), ...touched.flatMap(({ key, by }) => this.#tell(key, by))];
  }

  #keep(sighting: Sighting, before: Origin | undefined): readonly Told[] {
    const active = sighting.state !== 'inactive';
    if (active === (before?.active ?? false) || this.#treat(sighting) !== 'local') return [];
    return [{ as: 'local', sighting }];
  }

  /** Too old, or gone from the camera: it counts as over until the camera says it again. */
  #expire(name: string, origin: Origin): readonly Told[] {
    this.#origins.set(name, { ...origin, active: false });
    const ended = this.#over(origin.sighting, 'timeout');
    const local = this.#treat(origin.sighting) === 'local' ? [{ as: 'local', sighting: ended } as const] : [];
    return [...local, ...this.#tell(origin.key, origin.sighting, 'timeout')];
  }

  #isLate(sinceMs: number, timeoutMs: number | undefined): boolean {
    return timeoutMs !== undefined && this.#world.monotonicMs() - sinceMs >= timeoutMs;
  }
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
