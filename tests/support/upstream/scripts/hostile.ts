import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Script } from '../exchange.ts';

const BLOCK = 64 * 1024;

/**
 * A status and headers, then the same bytes over and over until the client leaves or `limit` bytes are sent. `sent` is
 * told how many went out.
 */
export function flood(
  status: number,
  headers: Record<string, string>,
  filler: string | Uint8Array,
  given: { readonly limit: number; readonly start?: string; readonly sent?: (bytes: number) => void },
): Script {
  const unit = Buffer.from(filler);
  const block = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(BLOCK / unit.length)) }, () => unit));
  return async (exchange) => {
    exchange.head(status, headers);
    if (given.start) await exchange.write(given.start);
    for (let sent = 0; sent < given.limit; sent += block.length) {
      await exchange.write(block);
      given.sent?.(sent + block.length);
      await nextTurn();
    }
    exchange.end();
  };
}
