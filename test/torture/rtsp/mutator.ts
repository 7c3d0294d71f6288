// The mutator: real messages in, broken ones out, the same for the same seed.

/** A generator that can be repeated. Not for secrets. */
export interface Dice {
  /** 0 … 2^32 − 1. */
  next(): number;
  /** 0 … count − 1. */
  below(count: number): number;
  chance(probability: number): boolean;
  /** Throws when the list is empty. */
  pick<T>(list: readonly T[]): T;
}

/** Opens one (xorshift32, Marsaglia 2003). */
export function openDice(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const below = (count: number): number => next() % Math.max(1, count);
  return {
    next,
    below,
    chance: (probability) => next() < probability * 2 ** 32,
    pick(list) {
      const at = below(list.length);
      for (const one of list.slice(at, at + 1)) return one;
      throw new Error('nothing to pick from');
    },
  };
}

type Blow = (bytes: Buffer, corpus: readonly Buffer[], dice: Dice) => Buffer;

const numbers = [
  '-1',
  '0',
  '1',
  '65535',
  '65536',
  '4294967295',
  '4294967296',
  '99999999999999999999',
  '1e9',
  '0x10',
  '',
  'NaN',
  '255',
  '00000001',
];
const bytesOfNote = [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x24, 0x2c, 0x3a, 0x3b, 0x3d, 0x5c, 0x7f, 0x80, 0xff];
/** A message does not grow beyond it. */
const maxBytes = 160 * 1024;
/** So much of it is looked through for words. */
const maxTextBytes = 8 * 1024;

function span(bytes: Buffer, dice: Dice): [number, number] {
  const from = dice.below(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + dice.below(dice.chance(0.8) ? 16 : bytes.length))];
}

function spliced(bytes: Buffer, from: number, to: number, between: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);
}

/** Puts `text` in place of one match of `pattern`. */
function replaced(bytes: Buffer, pattern: RegExp, dice: Dice, text: (match: string) => string): Buffer {
  const all = [...bytes.toString('latin1', 0, maxTextBytes).matchAll(pattern)];
  const match = all[dice.below(all.length)];
  if (!match) return bytes;
  return spliced(bytes, match.index, match.index + match[0].length, Buffer.from(text(match[0]), 'latin1'));
}

const flip: Blow = (bytes, _corpus, dice) => {
  const copy = Buffer.from(bytes);
  for (let left = 1 + dice.below(8); left > 0 && copy.length > 0; left -= 1) {
    const at = dice.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
  }
  return copy;
};

const set: Blow = (bytes, _corpus, dice) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[dice.below(copy.length)] = dice.pick(bytesOfNote);
  return copy;
};

const cut: Blow = (bytes, _corpus, dice) => spliced(bytes, ...span(bytes, dice), Buffer.alloc(0));

const truncate: Blow = (bytes, _corpus, dice) => bytes.subarray(0, dice.below(bytes.length));

const repeat: Blow = (bytes, _corpus, dice) => {
  const [from, to] = span(bytes, dice);
  const part = bytes.subarray(from, to);
  const often = dice.chance(0.98) ? 1 + dice.below(4) : dice.below(3_000);
  return spliced(bytes, to, to, Buffer.concat(Array.from({ length: often }, () => part)));
};

const splice: Blow = (bytes, corpus, dice) => {
  const other = dice.pick(corpus);
  const [from, to] = span(other, dice);
  return spliced(
    bytes,
    ...(dice.chance(0.5) ? span(bytes, dice) : ([dice.below(bytes.length), bytes.length] as [number, number])),
    other.subarray(from, to),
  );
};

const number: Blow = (bytes, _corpus, dice) => replaced(bytes, /\d+/g, dice, () => dice.pick(numbers));

/** Length of a frame or of a body, said wrongly. */
const lie: Blow = (bytes, _corpus, dice) => {
  if (bytes[0] === 0x24 && bytes.length > 4) {
    const copy = Buffer.from(bytes);
    copy.writeUInt16BE(dice.pick([0, 1, 8, bytes.length, bytes.length - 5, 0xffff, dice.below(0x10000)]) & 0xffff, 2);
    return copy;
  }
  return replaced(bytes, /(?<=content-length: *)\d+/gi, dice, () => dice.pick(numbers));
};

const header: Blow = (bytes, _corpus, dice) => {
  const often = dice.chance(0.95) ? 1 + dice.below(3) : dice.below(200);
  return replaced(bytes, /(?<![^\r\n])[^\r\n]+\r\n/g, dice, (line) => line.repeat(1 + often));
};

const long: Blow = (bytes, _corpus, dice) => {
  const at = dice.below(bytes.length);
  const often = dice.chance(0.97) ? dice.below(300) : dice.below(70_000);
  return spliced(bytes, at, at, Buffer.alloc(often, dice.pick(bytesOfNote)));
};

const lineEnds: Blow = (bytes, _corpus, dice) =>
  replaced(bytes, /\r\n/g, dice, () => dice.pick(['\n', '\r', '\r\n\r\n', '\n\n', '\0', '']));

const blows: readonly Blow[] = [
  flip,
  flip,
  flip,
  set,
  set,
  cut,
  cut,
  truncate,
  repeat,
  splice,
  splice,
  number,
  number,
  lie,
  header,
  long,
  lineEnds,
];

/** A broken copy of `bytes`, by one to three blows; `corpus` is what parts are taken from. */
export function mutate(bytes: Buffer, corpus: readonly Buffer[], dice: Dice): Buffer {
  let broken = bytes;
  for (let left = 1 + dice.below(3); left > 0; left -= 1) broken = dice.pick(blows)(broken, corpus, dice);
  return broken.subarray(0, maxBytes);
}

/** Cuts `bytes` as a network may: whole, at one place, at many, or between all bytes. */
export function pieces(bytes: Buffer, dice: Dice): Buffer[] {
  const way = dice.below(16);
  if (way < 8 || bytes.length < 2) return [bytes];
  if (way < 12) {
    const at = 1 + dice.below(bytes.length - 1);
    return [bytes.subarray(0, at), bytes.subarray(at)];
  }
  const step = way === 15 && bytes.length < 4_096 ? 1 : 1 + dice.below(Math.max(8, bytes.length >> 1));
  return Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => bytes.subarray(at * step, (at + 1) * step));
}
