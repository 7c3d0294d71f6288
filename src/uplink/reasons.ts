// What a broker's answer to one message means for the entry in it (MQTT 5 §3.4.2.1).

/**
 * `confirmed`: it has it. `unheard`: it had it, and nobody subscribes: it is gone. `later`: the same message may pass after a while. `set-aside`: it never will;
 * a person must look.
 */
export type AckMeaning = 'confirmed' | 'unheard' | 'later' | 'set-aside';

const setAside: ReadonlySet<number> = new Set([
  0x83, // implementation specific error
  0x87, // not authorized
  0x90, // topic name invalid
  0x95, // packet too large
  0x99, // payload format invalid
]);

/** MQTT 5 reason codes that this gateway gives itself: without asking the broker, or where the broker closed the connection and gave none. */
export const reasonCodes = { closedAtIt: 0x80, topicInvalid: 0x90, packetTooLarge: 0x95, payloadInvalid: 0x99 } as const;

/** What is done with what nobody hears: `uplink.unheard`. */
export type UnheardOption = 'wait' | 'confirm';

/**
 * Sorts the reason code of a PUBACK. Success confirms; `no matching subscribers` (0x10) does where `unheard` says so: else a broker that came up before the
 * hub would take days of alarms and hand them to nobody. Busy (0x89), unavailable (0x88), rate (0x96), quota (0x97) and whatever is not known to be final can be
 * tried again.
 */
export function meaningOf(reasonCode: number, unheard: UnheardOption = 'wait'): AckMeaning {
  if (reasonCode === 0x10 && unheard === 'wait') return 'unheard';
  if (reasonCode < 0x80) return 'confirmed';
  return setAside.has(reasonCode) ? 'set-aside' : 'later';
}
