import { BlockList, isIP, isIPv4 } from 'node:net';

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** `10.0.0.0/8`, `2001:db8::/32` or a single address; null when the text is neither. */
function parseRange(range: string): { address: string; bits: number } | null {
  const [address = '', prefix, ...rest] = range.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  if (!isIP(address) || address.includes('%') || rest.length > 0) return null;
  if (prefix === undefined) return { address, bits: most };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= most ? { address, bits: Number(prefix) } : null;
}

export const isRange = (range: string): boolean => parseRange(range) !== null;

/** The addresses from which a key can be used. When a range cannot be parsed, no address is allowed. */
export class IpRanges {
  readonly #list = new BlockList();

  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const parsed = parseRange(range);
      if (parsed) this.#list.addSubnet(parsed.address, parsed.bits, familyOf(parsed.address));
    }
  }

  /** An IPv4 address counts also when a socket of IPv6 shows it as `::ffff:10.0.0.1`. */
  has(ip: string): boolean {
    const address = ip.replace(/^::ffff:(?=\d+\.)/i, '');
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }
}
