// Networks that readers may come from: CIDR in, a question that is cheap to ask out.
import { BlockList, isIPv6 } from 'node:net';

/** Whether an address lies in one of some networks. */
export type IsWithin = (address: string) => boolean;

/** `networks` are CIDR (`10.1.0.0/16`, `2001:db8::/32`), checked before; an IPv4 address may come mapped into IPv6. No network at all: everywhere. */
export function openNetworks(networks: readonly string[]): IsWithin {
  if (networks.length === 0) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}
