import type { IncomingHttpHeaders } from 'node:http';
import { OPEN_BRACE, OPEN_BRACKET } from '../../canonical/scan-json.ts';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const SPACE = 0x20;

/** The first byte that is neither white space nor a byte order mark. */
const firstByte = (pieces: readonly Buffer[]): number | undefined => {
  for (const piece of pieces) {
    const byte = piece.find((one) => one > SPACE && !BYTE_ORDER_MARK.includes(one));
    if (byte !== undefined) return byte;
  }
  return undefined;
};

/**
 * Whether a body is JSON, whatever was asked for, or else a stream: some servers always stream, some never do. The first
 * byte says it, for no line of a stream begins like JSON; before it came, the type does.
 */
export function isJsonBody(pieces: readonly Buffer[], headers: IncomingHttpHeaders): boolean {
  const first = firstByte(pieces);
  if (first !== undefined) return first === OPEN_BRACE || first === OPEN_BRACKET;
  return !/^text\/event-stream/i.test(headers['content-type'] ?? '');
}

/** Whether an answer that was asked for as JSON is a stream of events. */
export function isEventBody(body: Buffer): boolean {
  if (body[0] === OPEN_BRACE) return false;
  return /^[\s\uFEFF]*(:|(data|event|id|retry)\s*:)/.test(body.toString('utf8', 0, 256));
}
