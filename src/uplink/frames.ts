// A look at the frames of incoming MQTT packets, so that a giant one, or one that would have to be kept, ends the connection before it is gathered in memory.

/** Takes the bytes as they come; says what is wrong with the first packet that may not pass. */
export type FrameGuard = (chunk: Uint8Array) => 'packet-too-large' | 'qos-refused' | undefined;

const publishType = 3;

/**
 * Opens a guard for packets of at most `limitBytes` behind their fixed header (MQTT 5 §2.1: one type byte, a length of 1 to 4 bytes). A PUBLISH with QoS 2 is
 * more than was ever granted (§3.8.4): MQTT.js would keep it until a PUBREL comes, and one after the other for as long as none does.
 */
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
      if (headerBytes === 1) {
        if (byte >> 4 === publishType && ((byte >> 1) & 3) > 1) return 'qos-refused';
        continue;
      }
      length += (byte & 0x7f) * 128 ** (headerBytes - 2);
      if (length > limitBytes || headerBytes > 5) return 'packet-too-large';
      if (byte < 0x80) {
        bodyLeft = length;
        headerBytes = 0;
        length = 0;
      }
    }
    return undefined;
  };
}
