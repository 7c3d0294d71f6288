// What a broker's answer to one message means for the entry in it (MQTT 5 §3.4.2.1).

/** `confirmed`: it has it. `later`: the same message may pass after a while. `set-aside`: it never will; a person must look. */
export type AckMeaning = 'confirmed' | 'later' | 'set-aside';

const setAside: ReadonlySet<number> = new Set([
  0x83, // implementation specific error
  0x87, // not authorized
  0x90, // topic name invalid
  0x95, // packet too large
  0x99, // payload format invalid
]);

/** MQTT 5 reason codes that this gateway gives itself, without asking the broker. */
export const reasonCodes = { topicInvalid: 0x90, packetTooLarge: 0x95, payloadInvalid: 0x99 } as const;

/**
 * Sorts the reason code of a PUBACK. Success and `no matching subscribers` (0x10) confirm. Busy (0x89), unavailable (0x88), rate (0x96), quota (0x97)
 * and whatever is not known to be final can be tried again.
 */
export function meaningOf(reasonCode: number): AckMeaning {
  if (reasonCode < 0x80) return 'confirmed';
  return setAside.has(reasonCode) ? 'set-aside' : 'later';
}
