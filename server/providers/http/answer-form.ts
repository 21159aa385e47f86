import type { IncomingHttpHeaders } from 'node:http';
import { BYTE_ORDER_MARK } from '../../canonical/byte-order-mark.ts';
import { OPEN_BRACE, OPEN_BRACKET } from '../../canonical/scan-json.ts';

const SPACE = 0x20;

/** The first byte that is neither white space nor part of a byte order mark. */
const firstByte = (pieces: readonly Buffer[]): number | undefined => {
  for (const piece of pieces) {
    const byte = piece.find((one) => one > SPACE && !BYTE_ORDER_MARK.includes(one));
    if (byte !== undefined) return byte;
  }
  return undefined;
};

/**
 * Whether a body is JSON; otherwise it is a stream of events. Some servers always stream and some never do, whatever
 * was asked for. The first byte decides, because no line of a stream begins like JSON. Before it has arrived, the
 * content type decides.
 */
export function isJsonBody(pieces: readonly Buffer[], headers: IncomingHttpHeaders): boolean {
  const first = firstByte(pieces);
  if (first !== undefined) return first === OPEN_BRACE || first === OPEN_BRACKET;
  return !/^text\/event-stream/i.test(headers['content-type'] ?? '');
}

/** Whether the answer to a request for JSON is a stream of events. */
export function isEventBody(body: Buffer): boolean {
  if (body[0] === OPEN_BRACE) return false;
  return /^[\s\uFEFF]*(:|(data|event|id|retry)\s*:)/.test(body.toString('utf8', 0, 256));
}
