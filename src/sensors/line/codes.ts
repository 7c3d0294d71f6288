// What a printer or a terminal would obey and not print, taken out of a frame, pure: ESC/P and ESC/P2 (EPSON, and the small printers of panels), FS and GS codes, CSI.

const esc = 0x1b;
const fs = 0x1c;
const gs = 0x1d;

/** Parameter bytes after ESC and its letter; letters that are not here have none. */
const escParameters = parameters({ 1: '!-3ACJNQRSUVWacijklpqrstwxm+/&% n', 2: '$\\eYf' });
const fsParameters = parameters({ 1: '!-WrxP', 2: 'ST' });
const gsParameters = parameters({ 1: '!BHVafhjknrw', 2: 'LPW$\\' });

function parameters(table: Readonly<Record<number, string>>): ReadonlyMap<number, number> {
  const pairs = Object.entries(table).flatMap(([count, letters]) =>
    Array.from(letters, (letter): [number, number] => [letter.charCodeAt(0), Number(count)]),
  );
  return new Map(pairs);
}

/** The frame without codes and without control bytes but tab and line feed. A code that is cut off at the end goes too. */
export function stripCodes(frame: Uint8Array): Buffer {
  const kept = Buffer.alloc(frame.length);
  let length = 0;
  for (let at = 0; at < frame.length; ) {
    const byte = frame[at] ?? 0;
    if (byte === esc || byte === fs || byte === gs) at += codeLength(frame, at);
    else {
      if (byte >= 0x20 ? byte !== 0x7f : byte === 0x09 || byte === 0x0a) {
        kept[length] = byte;
        length += 1;
      }
      at += 1;
    }
  }
  return kept.subarray(0, length);
}

/** Bytes of the code at `at`, at least 1; beyond the end when it is cut off. */
function codeLength(frame: Uint8Array, at: number): number {
  const byteAt = (place: number): number => frame[at + place] ?? 0;
  const letter = byteAt(1);
  if (frame[at] === fs) return 2 + (fsParameters.get(letter) ?? 0);
  if (frame[at] === gs) return 2 + (gsParameters.get(letter) ?? 0);
  switch (String.fromCharCode(letter)) {
    case '[':
      return sequenceLength(frame, at);
    case '(': // ESC ( c nL nH and as many data
      return 5 + byteAt(3) + 256 * byteAt(4);
    case '*': // ESC * m nL nH: columns of 1 byte (m below 32) or 3
      return 5 + (byteAt(3) + 256 * byteAt(4)) * (byteAt(2) < 32 ? 1 : 3);
    case 'K':
    case 'L':
    case 'Z': // ESC K nL nH: columns of 8 dots
      return 4 + byteAt(2) + 256 * byteAt(3);
    case 'B':
    case 'D': // tab stops up to a zero
      return stopsLength(frame, at);
    default:
      return 2 + (escParameters.get(letter) ?? 0);
  }
}

/** CSI of ECMA-48: parameters, intermediates, one final byte. */
function sequenceLength(frame: Uint8Array, at: number): number {
  let end = at + 2;
  while (end < frame.length && (frame[end] ?? 0) >= 0x20 && (frame[end] ?? 0) < 0x40) end += 1;
  return end + 1 - at;
}

function stopsLength(frame: Uint8Array, at: number): number {
  const end = frame.indexOf(0, at + 2);
  return end === -1 || end - at > 34 ? 2 : end + 1 - at;
}
