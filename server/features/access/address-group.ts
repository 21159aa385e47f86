import { isIPv6 } from 'node:net';

/** `2001:db8::1` → `['2001', 'db8', '0', '0']`: the four groups that name the network. */
function networkGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before.slice(0, 4);
  const after = tail === '' ? [] : tail.split(':');
  // A dotted IPv4 ending takes the room of two groups.
  const length = before.length + after.length + (tail.includes('.') ? 1 : 0);
  return [...before, ...Array<string>(Math.max(0, 8 - length)).fill('0'), ...after].slice(0, 4);
}

/**
 * Names whoever is at an address, for limits that hold for each address. One client of IPv6 usually has a whole /64
 * network, so the network counts as one. An IPv4 address counts also when a socket of IPv6 shows it (`::ffff:10.0.0.1`).
 */
export function addressGroup(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  return `${networkGroups(bare.toLowerCase())
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
