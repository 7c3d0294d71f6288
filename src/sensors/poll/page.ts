// What of an answer is new, pure: (mark, answer) → messages in their order, each with the mark that stands once it is taken.
import { createHash } from 'node:crypto';
import { nameAt, valueAt } from '../messages/index.ts';
import type { PollOptions } from '../poll-options.ts';
import { isAhead } from './ahead.ts';

/** How far the messages of one platform were taken. */
export interface Mark {
  /** Number, text or token, as it is sent. Undefined: nothing was taken yet. */
  readonly at?: string | undefined;
  /** Digests of messages that are taken already: those at `at`, those of the page that `at` asks for, or those of the last answer. */
  readonly seen: readonly string[];
  /** What was there before the first question is being passed over. */
  readonly passing?: boolean | undefined;
  /** Names of messages that were taken although their cursor is a time ahead of ours: they move no mark. */
  readonly ahead?: readonly string[] | undefined;
}

/** A message that was not taken yet. */
export interface NewMessage {
  readonly content: unknown;
  readonly body: Uint8Array;
  /** The same whenever the platform gives this message again; undefined: it has none but its content. */
  readonly id: string | undefined;
  /** Holds once it and all before it are taken. */
  after(): Mark;
}

/** An answer that was read. */
export type Page =
  | {
      readonly ok: true;
      readonly messages: readonly NewMessage[];
      readonly end: Mark;
      /** Messages that have no cursor, and are passed over. */
      readonly unplaced: number;
      /** Names of all its messages where every one of them lies behind the mark; else none. */
      readonly behind: readonly string[];
      /** Those among `messages` whose cursor is a time ahead of ours. */
      readonly ahead: number;
    }
  | { readonly ok: false; readonly problem: string };

type Reading = Pick<PollOptions, 'list' | 'order' | 'cursor'>;

export const freshMark: Mark = { seen: [] };
const maxSeen = 2000;
/** Messages in one answer; without a cursor each of them must be remembered. */
const maxMessages = 10_000;
const maxToken = 1000;
const nothingOdd = { unplaced: 0, behind: [], ahead: 0 } as const;

/** Looks through the answer, which was parsed and bounded before. `nowMs`: wall time; 0 is a clock that was never set. */
export function readPage(options: Reading, mark: Mark, answer: unknown, nowMs = 0): Page {
  const listed = listOf(options, answer);
  if (!listed) return { ok: false, problem: `no list at ${options.list}` };
  const most = options.cursor === undefined ? maxSeen : maxMessages;
  if (listed.length > most) return { ok: false, problem: `more than ${most} messages` };
  const ordered = options.order === 'newest-first' ? listed.toReversed() : listed;
  const found = ordered.map((content) => ({ content, ...encode(content) }));
  if (options.cursor === undefined) return readWhole(mark, found);
  if (options.cursor.by === 'token') return readByToken(nameOfToken(answer, options.cursor.path), mark, found);
  return readByPlace(options.cursor, { kept: mark, found, nowMs });
}

function listOf({ list }: Reading, answer: unknown): readonly unknown[] | undefined {
  const value = list === undefined ? answer : valueAt(answer, list);
  if (Array.isArray(value)) return value;
  if (list === undefined) return value === null ? [] : [value];
  return value === null ? [] : undefined;
}

interface Found {
  readonly content: unknown;
  readonly body: Uint8Array;
  readonly digest: string;
}

function encode(content: unknown): Omit<Found, 'content'> {
  const body = Buffer.from(JSON.stringify(content, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? '');
  return { body, digest: createHash('sha256').update(body).digest('base64url').slice(0, 16) };
}

/** Without a cursor: what was not in the last answer. The mark moves with the whole answer alone, for what is gone from it may come back. */
function readWhole(mark: Mark, found: readonly Found[]): Page {
  const before = new Set(mark.seen);
  const fresh = found.filter(({ digest }) => !before.has(digest));
  const digests = fresh.map(({ digest }) => digest);
  const messages = fresh.map(
    ({ content, body }, index): NewMessage => ({
      content,
      body,
      id: undefined,
      after: () => ({ seen: newest(mark.seen, digests, index) }),
    }),
  );
  return { ok: true, messages, end: { seen: found.map(({ digest }) => digest) }, ...nothingOdd };
}

/** What was seen, with those up to `index`. */
function newest(seen: readonly string[], names: readonly string[], index: number, from = 0): readonly string[] {
  return [...seen, ...names.slice(Math.max(from, index + 1 - maxSeen), index + 1)].slice(-maxSeen);
}

function nameOfToken(answer: unknown, path: string): string | undefined {
  const token = nameAt(answer, path);
  return token === undefined || token.length > maxToken ? undefined : token;
}

/** By token: the whole page, but for what of it was taken before the last try ended. */
function readByToken(token: string | undefined, mark: Mark, found: readonly Found[]): Page {
  const before = new Set(mark.seen);
  const named = found.map((one, index) => ({ ...one, name: `${index}:${one.digest}` })).filter(({ name }) => !before.has(name));
  const names = named.map(({ name }) => name);
  const messages = named.map(({ content, body, name }, index): NewMessage => {
    const id = `${mark.at ?? ''}:${name}`;
    return { content, body, id, after: () => ({ at: mark.at, seen: newest(mark.seen, names, index) }) };
  });
  const isSame = token === undefined || token === mark.at;
  const end = isSame ? { at: mark.at, seen: newest(mark.seen, names, names.length - 1) } : { at: token, seen: [] };
  return { ok: true, messages, end, ...nothingOdd };
}

type PlaceCursor = Extract<NonNullable<PollOptions['cursor']>, { by: 'number' | 'text' }>;

/** By number or text: what comes after the mark, and what lies at it and was not taken. */
function readByPlace(
  cursor: PlaceCursor,
  { kept, found, nowMs }: { readonly kept: Mark; readonly found: readonly Found[]; readonly nowMs: number },
): Page {
  const isNumber = (text: string): boolean => /^-?\d{1,40}$/.test(text);
  // A mark of another kind of cursor, from before the configuration was changed, says nothing.
  const mark = cursor.by === 'number' && kept.at !== undefined && !isNumber(kept.at) ? freshMark : kept;
  const compare = (a: string, b: string): number => (cursor.by === 'number' ? compareNumbers(a, b) : a < b ? -1 : Number(a > b));
  const placed = found.flatMap((one) => {
    const at = nameAt(one.content, cursor.path);
    return at === undefined || (cursor.by === 'number' && !isNumber(at)) ? [] : [{ ...one, at, name: `${at}:${one.digest}` }];
  });
  const [near, far] = [false, true].map((wanted) => placed.filter(({ at }) => isAhead(at, mark.at, nowMs) === wanted));
  const seen = new Set(mark.seen);
  const fresh = (near ?? [])
    .toSorted((a, b) => compare(a.at, b.at))
    .filter(({ at, digest }) => {
      const order = mark.at === undefined ? 1 : compare(at, mark.at);
      return order > 0 || (order === 0 && !seen.has(digest));
    });
  const digests = fresh.map(({ digest }) => digest);
  /** Where the run of equal places begins that `index` is in. */
  const runs: number[] = [];
  for (const [index, { at }] of fresh.entries()) {
    const before = fresh[index - 1]?.at ?? mark.at;
    runs.push(before !== undefined && compare(at, before) === 0 ? (runs[index - 1] ?? -1) : index);
  }
  const known = mark.ahead?.length ? { ahead: mark.ahead } : {};
  const afterOf = (index: number): Mark => {
    const run = runs[index] ?? -1;
    const at = fresh[index]?.at ?? mark.at;
    return { at, seen: newest(run < 0 ? mark.seen : [], digests, index, Math.max(run, 0)), ...known };
  };
  const messages = fresh.map(({ content, body, name }, index): NewMessage => ({ content, body, id: name, after: () => afterOf(index) }));
  const end = fresh.length === 0 ? { at: mark.at, seen: mark.seen, ...known } : afterOf(fresh.length - 1);
  const isBehind = placed.every(({ at }) => mark.at !== undefined && compare(at, mark.at) < 0);
  const ahead = readAhead(end, far ?? []);
  return {
    ok: true,
    messages: [...messages, ...ahead],
    end: ahead.at(-1)?.after() ?? end,
    unplaced: found.length - placed.length,
    behind: isBehind ? placed.map(({ name }) => name) : [],
    ahead: ahead.length,
  };
}

/** What has a cursor ahead of our time, each once; the place of the mark stays that of `end`. */
function readAhead(end: Mark, far: readonly (Found & { readonly name: string })[]): readonly NewMessage[] {
  const known = new Set(end.ahead);
  const fresh = far.filter(({ name }) => !known.has(name));
  const names = fresh.map(({ name }) => name);
  return fresh.map(({ content, body, name }, index) => ({
    content,
    body,
    id: name,
    after: () => ({ ...end, ahead: [...(end.ahead ?? []), ...names.slice(0, index + 1)].slice(-maxSeen) }),
  }));
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : Number(left > right);
}

/** A mark as it is kept. `list`: of which list it is. */
export function writeMark(mark: Mark, list = ''): string {
  return JSON.stringify({ list, ...mark });
}

/** What a mark belongs to: numbers of one platform say nothing of another's. The query may change, for it most often chooses among the same messages. */
export function nameOfList({ url, list, cursor }: Pick<PollOptions, 'url' | 'list' | 'cursor'>): string {
  const { origin, pathname } = new URL(url);
  const words = [origin, pathname, list ?? '', cursor?.by ?? '', cursor?.path ?? ''];
  return createHash('sha256').update(words.join('\n')).digest('base64url').slice(0, 12);
}

/** A kept mark of `list`; undefined when there is none, or when it cannot be read any more. */
export function parseMark(text: string | undefined, list = ''): Mark | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const [at, seen] = [valueAt(value, 'at'), valueAt(value, 'seen')];
    if (valueAt(value, 'list') !== list) return undefined;
    if (!Array.isArray(seen) || !seen.every((digest) => typeof digest === 'string')) return undefined;
    const passing = valueAt(value, 'passing') === true ? { passing: true } : {};
    const named = valueAt(value, 'ahead');
    const ahead = Array.isArray(named) && named.every((name) => typeof name === 'string') ? { ahead: named } : {};
    return { ...(typeof at === 'string' ? { at } : {}), seen, ...passing, ...ahead };
  } catch {
    return undefined;
  }
}
