import type { TurnRequest } from './router-types.ts';

/**
 * Whether the gateway knows `idempotency_key`. While it does not, the field would reach the upstream, so the client sends
 * none, and does not repeat a turn whose run it does not know yet.
 */
export const SENDS_IDEMPOTENCY_KEY: boolean = false;

/** Random bytes: `crypto.randomUUID` is missing on pages that are served over plain HTTP. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A turn that the gateway takes once, however often it is sent. A key of the caller's own stays. */
export function withIdempotencyKey(turn: TurnRequest): TurnRequest {
  return SENDS_IDEMPOTENCY_KEY ? { idempotency_key: newKey(), ...turn } : turn;
}
