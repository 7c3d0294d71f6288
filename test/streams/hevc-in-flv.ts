// H.265 out of FLV, as Enhanced RTMP v1 puts it there: the parameter sets and pictures as a plain stream that any decoder takes.
const start = Buffer.from([0, 0, 0, 1]);
const headBytes = 11;

/** Units behind a length of four bytes each. */
function unitsOf(bytes: Buffer): readonly Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at))
    units.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
  return units;
}

/** The units of a decoder configuration record (ISO/IEC 14496-15 §8.3.3.1.2). */
function setsOf(record: Buffer): readonly Buffer[] {
  const sets: Buffer[] = [];
  let at = 23;
  for (let arrays = record[22] ?? 0; arrays > 0; arrays -= 1) {
    const count = record.readUInt16BE(at + 1);
    at += 3;
    for (let number = 0; number < count; number += 1) {
      sets.push(record.subarray(at + 2, at + 2 + record.readUInt16BE(at)));
      at += 2 + record.readUInt16BE(at);
    }
  }
  return sets;
}

/** The stream in Annex B form, and how many pictures it has. Throws when there is a tag of sound, or of video that is not enhanced H.265. */
export function hevcOf(flv: Buffer): { readonly stream: Buffer; readonly pictures: number } {
  const units: Buffer[] = [];
  let pictures = 0;
  for (let at = 13; at + headBytes <= flv.length; ) {
    const [type = 0] = flv.subarray(at, at + 1);
    const size = flv.readUIntBE(at + 1, 3);
    const body = flv.subarray(at + headBytes, at + headBytes + size);
    at += headBytes + size + 4;
    if (type === 18 || at > flv.length) continue;
    const [first = 0] = body;
    if (type !== 9 || (first & 0x80) === 0 || body.toString('latin1', 1, 5) !== 'hvc1') throw new Error(`a tag of type ${type}, ${first}`);
    const packet = first & 0x0f;
    if (packet === 0) units.push(...setsOf(body.subarray(5)));
    // Type 1 has three bytes of composition time, type 3 has none.
    if (packet === 1 || packet === 3) units.push(...unitsOf(body.subarray(packet === 1 ? 8 : 5)));
    if (packet === 1 || packet === 3) pictures += 1;
  }
  return { stream: Buffer.concat(units.flatMap((unit) => [start, unit])), pictures };
}
