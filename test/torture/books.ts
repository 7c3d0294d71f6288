// The hub's books: which numbers of each class it has, what the gateway says will not come, and what it says of its own store.

/** An account of one class. */
export interface ClassAccount {
  /** Numbers that arrived. */
  readonly arrived: number;
  /** Numbers between the first and the last that did not come and that no leap explains. */
  readonly missing: number;
  /** What the gaps say is missing. */
  readonly told: number;
}

/** Takes what arrives. */
export interface Books {
  take(topic: string, payload: Uint8Array): void;
  /** By class. */
  account(): Readonly<Record<string, ClassAccount>>;
  /** Kinds that gaps of the class `alarm` speak of. */
  alarmKindsInGaps(): readonly string[];
  /** Ways in which the store is said to have lost its memory. */
  lapses(): readonly string[];
  /** Alarms that were told again. */
  readonly restated: number;
  /** Rows that were salvaged, as the conditions say; undefined when there was no such condition. */
  salvagedRows(): number | undefined;
  /** Kinds of conditions that were raised. */
  conditions(): ReadonlySet<string>;
}

interface Message {
  readonly type: string;
  readonly class: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Range = readonly [from: number, to: number];

interface GapData {
  readonly gap: string;
  readonly class: string;
  readonly count: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly lapse?: string;
  readonly firstsequence: string;
  readonly lastsequence: string;
}

interface Grown {
  readonly class: string;
  readonly count: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly range: Range;
  /** Of the telling: a later one replaces it. */
  readonly sequence: number;
}

export function openBooks(): Books {
  const numbers = new Map<string, Set<number>>();
  const grown = new Map<string, Grown>();
  const leaps: { readonly class: string; readonly lapse: string; readonly range: Range }[] = [];
  const raised: { readonly kind: string; readonly text: string }[] = [];
  const restated = new Set<string>();

  const takeGap = ({ sequence, data }: Message): void => {
    const { gap, class: name, count, kinds, lapse, firstsequence, lastsequence } = data as unknown as GapData;
    const range = [Number(firstsequence), Number(lastsequence)] as const;
    if (lapse !== undefined) leaps.push({ class: name, lapse, range });
    else if ((grown.get(gap)?.sequence ?? 0) < Number(sequence))
      grown.set(gap, { class: name, count, kinds, range, sequence: Number(sequence) });
  };
  return {
    take(topic, payload) {
      if (!/\/(alarm|condition|inventory|grant|audit|reading|gap)(\/|$)/.test(topic)) return;
      const message = JSON.parse(Buffer.from(payload).toString('utf8')) as Message & { alarmid?: string };
      const known = numbers.get(message.class) ?? new Set();
      numbers.set(message.class, known);
      if (Number(message.sequence) > 0) known.add(Number(message.sequence));
      if (message.class === 'gap') takeGap(message);
      if (message.type.startsWith('kr.bongsu.condition.raised'))
        raised.push({ kind: String(message.data['kind']), text: JSON.stringify(message.data['message']) });
      if (message.data['reason'] === 'restated') restated.add(message.alarmid ?? '');
    },
    account: () =>
      Object.fromEntries(
        [...new Set([...numbers.keys(), ...[...grown.values()].map((gap) => gap.class)])].map((name) => {
          const known = numbers.get(name) ?? new Set();
          const ranges = leaps.filter((leap) => leap.class === name).map(({ range }) => range);
          const gaps = [...grown.values()].filter((gap) => gap.class === name);
          const told = gaps.reduce((sum, { count }) => sum + count, 0);
          // The first and the last that are told to be missing bound what is looked at too.
          const ends = new Set(gaps.flatMap(({ range }) => range).filter((number) => !known.has(number)));
          return [name, { arrived: known.size, missing: holes(new Set([...known, ...ends]), ranges) + ends.size, told }];
        }),
      ),
    alarmKindsInGaps: () => [...grown.values()].filter((gap) => gap.class === 'alarm').flatMap(({ kinds }) => Object.keys(kinds)),
    lapses: () => [...new Set(leaps.map(({ lapse }) => lapse))],
    get restated() {
      return restated.size;
    },
    salvagedRows() {
      const rows = raised.filter(({ kind }) => kind === 'store-damaged').map(({ text }) => /and (\d+) rows were salvaged/.exec(text)?.[1]);
      return rows.length === 0 ? undefined : rows.reduce((sum, count) => sum + Number(count ?? 0), 0);
    },
    conditions: () => new Set(raised.map(({ kind }) => kind)),
  };
}

/** Numbers between the first and the last known that are neither known nor in one of the ranges. */
function holes(known: ReadonlySet<number>, ranges: readonly Range[]): number {
  const all = [...ranges, ...[...known].map((number): Range => [number, number])].toSorted((one, other) => one[0] - other[0]);
  let missing = 0;
  let end: number | undefined;
  for (const [from, to] of all) {
    if (end !== undefined && from > end + 1) missing += from - end - 1;
    end = Math.max(end ?? to, to);
  }
  return missing;
}
