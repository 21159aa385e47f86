import { createHash } from 'node:crypto';

/**
 * The id of a call within a vendor's length. The same id always gives the same result, so that a call and its result
 * still belong together, turn after turn. Some gateways write the signature of a thought into their ids.
 */
export const shortId = (id: string, most: number): string =>
  id.length <= most ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
