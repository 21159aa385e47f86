import { isIP } from 'node:net';
import { IpRanges } from './ip-ranges.ts';

/** One address of `X-Forwarded-For`, which some proxies write in quotes, in brackets or with a port. Null: it is not one. */
function readAddress(entry: string): string | null {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const address = (/^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([\d.]+):\d+$/.exec(text))?.[1] ?? text;
  return isIP(address) === 0 ? null : address;
}

/** The proxies in front of the gateway. The gateway believes them, and nobody else, when they say who their client is. */
export class TrustedProxies {
  readonly #ranges: IpRanges | null;

  /** Addresses and ranges, such as `10.0.0.0/8`. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.length === 0 ? null : new IpRanges(ranges);
  }

  has(address: string): boolean {
    return this.#ranges?.has(address) === true;
  }

  /**
   * The address of the client behind `peer`. Every proxy adds the address that connected to it at the end of
   * `X-Forwarded-For`, so the list is read from its end, up to the first address that is no trusted proxy. What is before
   * that one may be the client's own invention.
   */
  clientOf(peer: string, forwardedFor: string | readonly string[] | undefined): string {
    if (forwardedFor === undefined || !this.has(peer)) return peer;
    let client = peer;
    for (const entry of String(forwardedFor).split(',').toReversed()) {
      const address = readAddress(entry);
      if (address === null) return client;
      client = address;
      if (!this.has(client)) return client;
    }
    return client;
  }
}
