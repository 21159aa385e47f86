import type { TurnRequest } from './router-types.ts';

/** Random bytes: `crypto.randomUUID` is missing on pages that are served over plain HTTP. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A turn that the gateway takes once, however often it is sent. A key of the caller's own stays. */
export const withIdempotencyKey = (turn: TurnRequest): TurnRequest =>
  turn.idempotency_key == null ? { ...turn, idempotency_key: newKey() } : turn;
