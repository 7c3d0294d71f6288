// The watch over what goes to the FLV child: it believes what a camera says, and keeps the fragments of a unit until the end of it.
import type { SourceFailure } from '../faults.ts';
import type { ReaderLine } from '../path/index.ts';
import { type Codec, packed } from '../rtsp/index.ts';

/** A unit, or all that has one time, is never so large. */
const maxPictureBytes = 16 * 2 ** 20;
/** What the child keeps of a packet beside its bytes. */
const packetOverhead = 256;

const endless: SourceFailure = { reason: 'malformed', detail: 'a picture without end' };
const unsafe: SourceFailure = { reason: 'refused', detail: 'parameter set', words: 'flv-unsafe' };

/** Passes packets of channel 0 and 1 on until one of them would do harm; then, and from then on, calls `bad`. */
export function openUnitWatch(line: ReaderLine, codec: Codec, bad: (failure: SourceFailure) => void): ReaderLine {
  let time = -1;
  let timeBytes = 0;
  /** Since a fragmented unit began or ended, whatever comes in between. */
  let fragmentBytes = 0;
  let failure: SourceFailure | undefined;

  const countFragment = (flags: number, bytes: number): void => {
    fragmentBytes = flags & 0xc0 ? 0 : fragmentBytes + bytes;
  };
  const look = (packets: Buffer, at: number, end: number): void => {
    const now = packets.readUInt32BE(at + 4);
    timeBytes = now === time ? timeBytes + end - at : 0;
    time = now;
    const start = packed.start(packets, at, end);
    if (start + 3 > end) return;
    const first = packets[start] ?? 0;
    if (codec === 'h265') {
      if (((first >> 1) & 0x3f) === 49) countFragment(packets[start + 2] ?? 0, end - at + packetOverhead);
    } else if ((first & 0x1f) === 28) countFragment(packets[start + 1] ?? 0, end - at + packetOverhead);
    else if (!areHarmless(packets, start, end)) failure = unsafe;
    if (timeBytes > maxPictureBytes || fragmentBytes > maxPictureBytes) failure ??= endless;
  };
  return {
    get waitingBytes() {
      return line.waitingBytes;
    },
    write(packets) {
      for (let at = 0; at + 16 <= packets.length && !failure; at += 4 + packets.readUInt16BE(at + 2)) {
        const end = Math.min(packets.length, at + 4 + packets.readUInt16BE(at + 2));
        if (packets[at + 1] === 0) look(packets, at + 4, end);
      }
      if (failure) bad(failure);
      else line.write(packets);
    },
  };
}

/** A unit of H.264 by itself, or several in one packet (RFC 6184 §5.6, §5.7.1). */
function areHarmless(packets: Buffer, start: number, end: number): boolean {
  const type = (packets[start] ?? 0) & 0x1f;
  if (type === 7) return packed.isHarmless(packets.subarray(start, end));
  if (type !== 24) return true;
  for (let at = start + 1; at + 2 < end; at += 2 + packets.readUInt16BE(at)) {
    const unit = packets.subarray(at + 2, Math.min(end, at + 2 + packets.readUInt16BE(at)));
    if (((unit[0] ?? 0) & 0x1f) === 7 && !packed.isHarmless(unit)) return false;
  }
  return true;
}
