// A look at the frames of incoming MQTT packets, so that a giant one ends the connection before it is gathered in memory.

/** Takes the bytes as they come; false from the packet on that is larger than the limit. */
export type FrameGuard = (chunk: Uint8Array) => boolean;

/** Opens a guard for packets of at most `limitBytes` behind their fixed header (MQTT 5 §2.1: one type byte, a length of 1 to 4 bytes). */
export function openFrameGuard(limitBytes: number): FrameGuard {
  let bodyLeft = 0;
  let headerBytes = 0;
  let length = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const step = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      headerBytes += 1;
      if (headerBytes === 1) continue;
      length += (byte & 0x7f) * 128 ** (headerBytes - 2);
      if (length > limitBytes || headerBytes > 5) return false;
      if (byte < 0x80) {
        bodyLeft = length;
        headerBytes = 0;
        length = 0;
      }
    }
    return true;
  };
}
