// Identifiers that cross rooms and the wire.

/** Ids of devices, gateways, services and buses: 1 to 40 of a–z, 0–9 and hyphen. */
export const idPattern = /^[a-z0-9-]{1,40}$/;

/** The five-digit administrative code (시군구) of a site: 완주군 is 52710. */
export const sitePattern = /^[0-9]{5}$/;

/** Whether `text` can be an id. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** Who this gateway is on the wire. */
export interface Identity {
  /** Five-digit 시군구 code. */
  readonly site: string;
  readonly gateway: string;
  /** UUIDv7 of this start of the daemon. */
  readonly bootId: string;
}
