import { hash } from 'node:crypto';
import type { TokenClaims } from '../../../contracts/keys/token-claims.ts';
import type { Principal } from './caller.ts';
import type { HeldKey, KeyRing } from './key-ring.ts';
import { signToken, takeApart } from './sign-token.ts';

/** How many tokens of one key are remembered as checked. Beyond that, all of them are checked again. */
const MOST_CHECKED = 2_000;

/** A client token that is valid, apart from its time. */
export interface HeldToken {
  readonly key: HeldKey;
  readonly principal: Principal;
  readonly expiresAt: Date;
}

/** What a token is to be bound to. */
export interface NewToken {
  readonly id: string;
  readonly userId: string;
  readonly models: readonly string[] | null;
  readonly origins: readonly string[] | null;
  readonly budget: number | null;
  readonly expiresAt: Date;
}

const within = (all: ReadonlySet<string> | null, some: readonly string[] | undefined): ReadonlySet<string> | null => {
  if (!some) return all;
  return new Set(all ? some.filter((one) => all.has(one)) : some);
};

/** A token never may more than its key: what its key is not allowed any more is gone from it as well. */
function principalOf({ principal }: HeldKey, { i: id, u: userId, e, m, o, b }: TokenClaims): Principal {
  return {
    ...principal,
    // Its rate limit, its websockets and its part of prompt caches are its own.
    keyHash: hash('sha256', `client-token:${id}`, 'hex'),
    models: within(principal.models, m),
    origins: within(principal.origins, o),
    token: { id, userId, budget: b ?? null, expiresAt: new Date(e) },
  };
}

/**
 * Makes and checks client tokens. They are signed, so that a check needs no look at the database; the key of each is in
 * memory. A token ends with its key.
 */
export class ClientTokens {
  readonly #secret: Buffer;
  readonly #ring: Pick<KeyRing, 'findById'>;
  /** By the principal of their keys, which is another one after each change of a key. */
  readonly #checked = new WeakMap<Principal, Map<string, HeldToken>>();

  constructor(secret: Buffer, ring: Pick<KeyRing, 'findById'>) {
    this.#secret = secret;
    this.#ring = ring;
  }

  /** Null: the key is gone. */
  issue(keyId: string, { id, userId, models, origins, budget, expiresAt }: NewToken): string | null {
    const key = this.#ring.findById(keyId);
    if (!key) return null;
    return signToken(this.#secret, key.row.hash, {
      i: id,
      k: keyId,
      u: userId,
      e: expiresAt.getTime(),
      ...(models ? { m: [...models] } : {}),
      ...(origins ? { o: [...origins] } : {}),
      ...(budget === null ? {} : { b: budget }),
    });
  }

  /** Null: it is none, was changed, or its key is gone or has another secret now. */
  find(token: string): HeldToken | null {
    const unchecked = takeApart(token);
    const key = unchecked && this.#ring.findById(unchecked.claims.k);
    if (!unchecked || !key) return null;
    const checked = this.#checkedOf(key.principal);
    const known = checked.get(token);
    if (known) return known;
    if (!unchecked.isSignedWith(this.#secret, key.row.hash)) return null;
    const { claims } = unchecked;
    const held = { key, principal: principalOf(key, claims), expiresAt: new Date(claims.e) };
    if (checked.size >= MOST_CHECKED) checked.clear();
    checked.set(token, held);
    return held;
  }

  #checkedOf(principal: Principal): Map<string, HeldToken> {
    const known = this.#checked.get(principal) ?? new Map<string, HeldToken>();
    this.#checked.set(principal, known);
    return known;
  }
}
