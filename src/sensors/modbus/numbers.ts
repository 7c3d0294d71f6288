// Numbers in registers, pure: how one or two registers say a value, and back.

/** How a value is written in registers of 16 bits. */
export type NumberForm = 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32';
/** Which register of a 32-bit value comes first. */
export type WordOrder = 'high-first' | 'low-first';

const pair = Buffer.alloc(4);

/** Registers that a value takes. */
export function widthOf(form: NumberForm | 'bit'): 1 | 2 {
  return form.endsWith('32') ? 2 : 1;
}

/** The value of one register, or of two. */
export function numberOf(form: NumberForm | 'bit', wordOrder: WordOrder, [first, second]: readonly [number, number]): number {
  if (widthOf(form) === 1) return form === 'int16' ? (first << 16) >> 16 : first;
  pair.writeUInt16BE(wordOrder === 'high-first' ? first : second, 0);
  pair.writeUInt16BE(wordOrder === 'high-first' ? second : first, 2);
  if (form === 'float32') return pair.readFloatBE(0);
  return form === 'int32' ? pair.readInt32BE(0) : pair.readUInt32BE(0);
}

const ranges: Readonly<Record<Exclude<NumberForm, 'float32'>, readonly [number, number]>> = {
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
};

/** The registers that say `value`; undefined when this form cannot. */
export function registersOf(form: NumberForm, wordOrder: WordOrder, value: number): readonly number[] | undefined {
  if (form === 'float32') {
    if (!Number.isFinite(Math.fround(value))) return undefined;
    pair.writeFloatBE(value, 0);
  } else {
    const [least, most] = ranges[form];
    if (!Number.isInteger(value) || value < least || value > most) return undefined;
    if (widthOf(form) === 1) return [value & 0xffff];
    pair.writeUInt32BE(value >>> 0, 0);
  }
  const words = [pair.readUInt16BE(0), pair.readUInt16BE(2)];
  return wordOrder === 'high-first' ? words : words.toReversed();
}
