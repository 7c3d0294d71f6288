// One group of cameras: when one is lost the others are knocked at, and the answer tells whether it is the camera or the switch.
import { type Env, messageOf, type Text, withHint } from '#base';
import { type Condition, conditionKinds } from '#model';
import type { WatchOptions } from '../watch-options.ts';
import type { Seat } from './seat.ts';

export type GroupOptions = WatchOptions['groups'];

/** What a group is handed. */
export interface GroupDeps {
  /** Whether somebody listens there; bounded in time and number. Never rejects. */
  knock(url: URL): Promise<boolean>;
  condition(step: Condition): Promise<unknown>;
}

/** A group as its keeper holds it. */
export interface Group extends Disposable {
  readonly size: number;
  seat(id: string, who: Placed): Seat;
}

/** A member as its group needs it. */
export interface Placed {
  readonly url: URL;
  /** The group is back, and the camera had been lost. */
  back(): void;
  /** It has left its seat. */
  left(): void;
}

interface Lost {
  /** Undefined once it was told alone. */
  alone: (() => void) | undefined;
}

/** The one rule: whether so many of so many are told as one. */
export function isDown(gone: number, members: number, options: Pick<GroupOptions, 'least' | 'share'>): boolean {
  return gone >= options.least && gone >= members * options.share;
}

const leastSample = 12;
const maxNames = 3;
const isBack: Text = {
  ko: '같은 스위치나 네트워크의 카메라들이 다시 연결되었습니다',
  en: 'The cameras behind one switch or network can be reached again',
};
const cure: Text = {
  ko: '스위치와 그 전원, 상위 회선을 점검하십시오. 카메라마다 따로 알리지 않으며, 복구 뒤에도 응답하지 않는 카메라만 따로 알립니다.',
  en: 'Check the switch, its power and its uplink. They are not told one by one; who stays away when it is back is told alone.',
};

/** Opens a group without members. */
export function openGroup(
  place: { readonly channel: string; readonly detail: string },
  options: GroupOptions,
  deps: GroupDeps,
  env: Env,
): Group {
  const members = new Map<string, Placed>();
  const lost = new Map<string, Lost>();
  let state: 'well' | 'down' | 'settling' = 'well';
  /** Whether this daemon has said how the group is; what stood before the start is not known here. */
  let isTold = false;
  let asking = false;
  let isOpen = true;
  let timer: Disposable | undefined;
  let telling: Promise<unknown> = Promise.resolve();

  const tell = (step: Condition['state'], message: Text): void => {
    isTold = true;
    const severity = conditionKinds['camera-group-lost'];
    const time = env.clock.now();
    const words = { device: 'gateway', channel: place.channel, kind: 'camera-group-lost', state: step, severity, time, message } as const;
    telling = telling
      .then(() => deps.condition({ ...words, detail: place.detail }))
      .catch((error: unknown) => env.log.error({ group: place.channel, error: messageOf(error) }, 'a lost group could not be told'));
  };
  const later = (ms: number, act: () => void): void => {
    timer?.[Symbol.dispose]();
    timer = isOpen ? env.clock.after(ms, act) : undefined;
  };
  const tellAlone = (): void => {
    for (const one of lost.values()) {
      const { alone } = one;
      one.alone = undefined;
      alone?.();
    }
  };
  const settle = (): void => {
    state = 'settling';
    tell('cleared', isBack);
    // Their loops need not wait out their backoff; so many try at once as may.
    for (const id of lost.keys()) members.get(id)?.back();
    later(options.settle, () => {
      state = 'well';
      tellAlone();
    });
  };
  /** Members at which nobody listens; a sample first, for each that is gone costs its time. */
  const countGone = async (): Promise<number> => {
    const all = [...members.values()].map(({ url }) => ({ url, rank: env.random.uniform() })).toSorted((a, b) => a.rank - b.rank);
    const gone = async (some: typeof all): Promise<number> => {
      const open = await Promise.all(some.map(({ url }) => deps.knock(url)));
      return open.filter((isThere) => !isThere).length;
    };
    const sample = all.slice(0, Math.max(leastSample, Math.ceil(3 / options.share)));
    const first = await gone(sample);
    // Nobody of the sample is gone, or nobody of it is back: the others are spared.
    if (first === 0) return 0;
    if (first === sample.length && state === 'down') return all.length;
    return first + (await gone(all.slice(sample.length)));
  };
  const judge = (gone: number): void => {
    const down = isDown(gone, members.size, options);
    if (down && state !== 'down') {
      state = 'down';
      tell('raised', withHint(lostTogether(gone, members), cure));
    } else if (!down && state === 'down') settle();
    else if (state === 'well') tellAlone();
    if (state === 'down') later(options.recheck, ask);
  };
  const find = async (): Promise<void> => {
    asking = true;
    const gone = await countGone();
    asking = false;
    if (isOpen) judge(gone);
  };
  const ask = (): void => {
    if (!asking && isOpen) void find();
  };

  const keeper: Keeper = {
    isDown: () => state === 'down',
    lost(id, alone) {
      if (lost.has(id)) return;
      lost.set(id, { alone });
      if (state !== 'down') ask();
    },
    found(id) {
      lost.delete(id);
      // What stood before this start is over, unless it shows in time that it is not.
      if (!isTold && !timer) later(options.settle, () => !isTold && state === 'well' && tell('cleared', isBack));
    },
    leave(id, who) {
      if (members.get(id) !== who) return;
      members.delete(id);
      lost.delete(id);
      if (members.size === 0 && state === 'down') tell('cleared', isBack);
      who.left();
    },
  };

  return {
    get size() {
      return members.size;
    },
    seat(id, who) {
      members.set(id, who);
      return new Taken(id, who, keeper);
    },
    [Symbol.dispose]() {
      isOpen = false;
      timer?.[Symbol.dispose]();
    },
  };
}

/** A group as the seats in it see it. */
interface Keeper {
  isDown(): boolean;
  lost(id: string, alone: () => void): void;
  found(id: string): void;
  leave(id: string, who: Placed): void;
}

/** A class, for there are thousands, and closures cost memory each. */
class Taken implements Seat {
  readonly #id: string;
  readonly #who: Placed;
  readonly #keeper: Keeper;

  constructor(id: string, who: Placed, keeper: Keeper) {
    this.#id = id;
    this.#who = who;
    this.#keeper = keeper;
  }

  get isGroupLost(): boolean {
    return this.#keeper.isDown();
  }

  lost(alone: () => void): void {
    this.#keeper.lost(this.#id, alone);
  }

  found(): void {
    this.#keeper.found(this.#id);
  }

  [Symbol.dispose](): void {
    this.#keeper.leave(this.#id, this.#who);
  }
}

function lostTogether(gone: number, members: ReadonlyMap<string, Placed>): Text {
  const names = [...members.keys()].slice(0, maxNames).join(', ');
  const more = members.size > maxNames ? ' …' : '';
  return {
    ko: `같은 스위치나 네트워크의 카메라 ${members.size}대(${names}${more}) 가운데 ${gone}대가 한꺼번에 끊겼습니다`,
    en: `${gone} of ${members.size} cameras behind one switch or network (${names}${more}) were lost together`,
  };
}
