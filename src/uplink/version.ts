// Which MQTT version the broker speaks: 5 first, 3.1.1 when it refuses that, remembered for a while.
import type { Clock } from '#base';

/** Protocol level of the CONNECT packet: 5 is MQTT 5, 4 is MQTT 3.1.1. */
export type ProtocolLevel = 5 | 4;

/** How a connection failed, as far as the version can be the cause. */
export type VersionHint =
  /** The broker said so: CONNACK 0x84, or 0x01 of a 3.1.1 broker. */
  | 'version-refused'
  /** It closed the connection after CONNECT without a word, as some old brokers do. */
  | 'silent-close'
  | 'other';

const memoryMs = 3_600_000;

/** Remembers what one address speaks. */
export interface VersionMemory {
  choose(): ProtocolLevel;
  succeeded(level: ProtocolLevel): void;
  /** True when the other version should be tried at once. */
  failed(level: ProtocolLevel, hint: VersionHint): boolean;
}

/** Opens the memory: after an hour a broker that spoke 3.1.1 is asked for 5 again, with the next connection. */
export function openVersionMemory(clock: Clock): VersionMemory {
  let suspect = false;
  let olderSince: number | undefined;
  return {
    choose() {
      if (olderSince !== undefined && clock.monotonicMs() - olderSince > memoryMs) olderSince = undefined;
      return suspect || olderSince !== undefined ? 4 : 5;
    },
    succeeded(level) {
      suspect = false;
      olderSince = level === 4 ? (olderSince ?? clock.monotonicMs()) : undefined;
    },
    failed(level, hint) {
      const triesOther = level === 5 && hint !== 'other';
      suspect = triesOther;
      if (level === 4 && hint !== 'other') olderSince = undefined;
      return triesOther;
    },
  };
}
