// The machine's IPv4 interfaces: where multicast goes out, and which addresses are on-link.
import { networkInterfaces } from 'node:os';
import { parseIpv4, type Span } from '../ranges.ts';

/** An interface with one of its addresses. */
export interface Interface {
  readonly name: string;
  readonly address: string;
  readonly isLoopback: boolean;
  /** The net behind it; undefined for a single address. */
  readonly net: Span | undefined;
}

/** The interfaces of now; `wanted` names those that count, all but loopback when it is empty. */
export function listInterfaces(wanted: readonly string[]): readonly Interface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && (wanted.length === 0 ? !internal : wanted.includes(name)))
      .map(({ address, netmask, internal }) => ({ name, address, isLoopback: internal, net: netOf(address, netmask) })),
  );
}

/** The nets of interfaces, and all addresses of this machine: no camera stands there. */
export function nearOf(interfaces: readonly Interface[]): { readonly nets: readonly Span[]; readonly own: readonly string[] } {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  return { nets: interfaces.flatMap(({ net }) => net ?? []), own };
}

/** The nets that need a neighbour to be reached. */
export function onLinkNets(): readonly Span[] {
  return listInterfaces([]).flatMap(({ net }) => net ?? []);
}

function netOf(address: string, netmask: string): Span | undefined {
  const host = parseIpv4(address);
  const mask = parseIpv4(netmask);
  if (host === undefined || mask === undefined || mask >= 0xff_ff_ff_fe) return undefined;
  const size = 2 ** 32 - mask;
  const first = host - (host % size);
  return { first, last: first + size - 1 };
}
