// For which cameras a set of logins is: by range of addresses, by maker and by the beginning of the MAC.
import { isIPv4 } from 'node:net';
import type { Login } from '#base';
import type { CredentialScope, OpenedCredentialSet } from '#model';
import { parseAddress } from '../address.ts';
import { isWithin, parseIpv4, parseRange } from '../ranges.ts';

/** What is known of a camera before it took a login; empty strings are what is not known. */
export interface ScopedCamera {
  /** Host of its address. */
  readonly host: string;
  readonly maker: string;
  readonly mac: string;
}

/** Whether a set is for that camera: each list that is not empty must fit. What is not known does not fit. */
export function isFor(scope: CredentialScope, camera: ScopedCamera): boolean {
  const { ranges, makers, macs } = scope;
  const maker = camera.maker.toLowerCase();
  const mac = digitsOf(camera.mac);
  return (
    (ranges.length === 0 || isInRanges(ranges, camera.host)) &&
    (makers.length === 0 || makers.some((one) => maker !== '' && maker.startsWith(one.trim().toLowerCase()))) &&
    (macs.length === 0 || macs.some((one) => mac !== '' && mac.startsWith(digitsOf(one))))
  );
}

/** The login of the first set that is for an address of which nothing else is known. */
export function firstLogin(address: string, sets: readonly OpenedCredentialSet[]): Login | undefined {
  const parsed = parseAddress(address);
  if (parsed?.protocol !== 'onvif') return undefined;
  return sets.find(({ scope }) => isFor(scope, { host: parsed.url.hostname, maker: '', mac: '' }))?.login;
}

function isInRanges(ranges: readonly string[], host: string): boolean {
  const address = isIPv4(host) ? parseIpv4(host) : undefined;
  return (
    address !== undefined &&
    isWithin(
      ranges.map(parseRange).filter((span) => span !== undefined),
      address,
    )
  );
}

function digitsOf(mac: string): string {
  return mac.toLowerCase().replaceAll(/[:.-]/g, '');
}

/** The first entry of a scope that means nothing; undefined when all are well. */
export function wrongEntry(scope: CredentialScope): string | undefined {
  return (
    scope.ranges.find((range) => parseRange(range) === undefined) ??
    scope.makers.find((maker) => maker.trim() === '') ??
    scope.macs.find((mac) => !/^([0-9a-f]{2}){1,6}$/.test(digitsOf(mac)))
  );
}
