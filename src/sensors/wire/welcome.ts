// Who may send, where addresses alone tell.
import { BlockList, isIPv6 } from 'node:net';

/** Whether an address may send; one of IPv4 may come dressed as IPv6. */
export function welcome(from: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const each of from) {
    const [address = '', prefix] = each.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const plain = address?.replace(/^::ffff:(?=\d+\.)/, '');
    return plain !== undefined && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}
