// Where pictures may be pushed to: what the configuration allows, with the login that it has for it.
import type { StreamsOptions } from '../options.ts';
import type { PushTarget } from '../protocol.ts';
import { isBelow, parsePushAddress } from '../push-address.ts';

/** The address with the login that the configuration has for it; undefined when it is not allowed. */
export function findTarget(url: string, { pushTo }: StreamsOptions): PushTarget | undefined {
  const address = parsePushAddress(url);
  const entry = pushTo.find((one) => {
    const allowed = parsePushAddress(one.address);
    return address && allowed && isBelow(address, allowed);
  });
  return address && entry && { url: address.url, user: entry.user ?? '', password: entry.password ?? '', ca: entry.ca };
}
