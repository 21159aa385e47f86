import { writeExact } from '../../canonical/exact-json.ts';
import type { Json } from '../../canonical/json.ts';
import { isLong, writeAsBytes } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';

/** A request as bytes. Returns a promise only when the request is long. */
export const writeBody = (body: object): Buffer | Promise<Buffer> =>
  isLong(body) ? inTurns(writeAsBytes(body)) : Buffer.from(writeExact(body));

/** The same for a request that may already be bytes. */
export const bytesOf = (request: Json<object>): Buffer | Promise<Buffer> =>
  request.hasBytes ? request.bytes : writeBody(request.value);
