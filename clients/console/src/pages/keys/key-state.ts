export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked';

interface Dated {
  readonly enabled: boolean;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** Whether a key lets its holder in at a time. */
export function stateOf({ enabled, expires_at, revoked_at }: Dated, now: number): KeyState {
  if (revoked_at !== null) return 'revoked';
  if (!enabled) return 'disabled';
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'active';
}
