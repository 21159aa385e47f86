import type { Store } from '../../store/interface/store.ts';
import { ClientTokens } from './client-tokens.ts';
import { DemoPass } from './demo-pass.ts';
import { Gate } from './gate.ts';
import type { KeyGroup } from './key-group.ts';
import { KeyRing } from './key-ring.ts';
import { RateLimiter } from './rate-limiter.ts';
import { TokenGuard } from './token-guard.ts';

export interface AccessOptions {
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly bearer: string;
  readonly groups: ReadonlyMap<string, KeyGroup>;
  readonly store: Pick<Store, 'keys' | 'wallets' | 'userBudgets' | 'secrets' | 'conversations' | 'runs'>;
  /** Whether browsers on this machine may use the gateway without a key. It is asked each time. */
  readonly isDemo: () => boolean;
  /** Called when the changes of other processes cannot be read. */
  readonly onError: (error: unknown) => void;
}

/** Who may use the gateway. */
export interface OpenedAccess {
  readonly ring: KeyRing;
  readonly gate: Gate;
  readonly tokens: ClientTokens;
  readonly guard: TokenGuard;
  readonly demoPass: DemoPass;
}

/** Opens the keys, the client tokens, and the limits of each caller. The caller closes the key ring. */
export async function openAccess(options: AccessOptions): Promise<OpenedAccess> {
  const { rateLimit, corsOrigins, trustedProxies, bearer, groups, store, isDemo, onError } = options;
  const { keys, wallets, userBudgets } = store;
  const ring = await KeyRing.open({ keys, wallets, userBudgets, groups, onError });
  const tokens = new ClientTokens(await store.secrets.obtain('client-tokens'), ring);
  const demoPass = new DemoPass(isDemo);
  const limiter = new RateLimiter(rateLimit.perSecond, rateLimit.burst);
  const gate = new Gate(bearer, limiter, { ring, tokens, corsOrigins, trustedProxies, demoPass });
  return { ring, gate, tokens, guard: new TokenGuard(store), demoPass };
}
