import type { Principal } from './caller.ts';

interface Joined {
  readonly revoked: AbortSignal;
  readonly signal: AbortSignal;
}

const joined = new WeakMap<AbortSignal, Joined>();

/**
 * Aborts when the client has left, or when the key was revoked: then its reason is the error to answer with. One for
 * all requests of a connection with one key.
 */
export function stopSignal({ revoked }: Principal, client: AbortSignal): AbortSignal {
  if (revoked === null) return client;
  const known = joined.get(client);
  if (known?.revoked === revoked) return known.signal;
  const signal = AbortSignal.any([client, revoked]);
  joined.set(client, { revoked, signal });
  return signal;
}
