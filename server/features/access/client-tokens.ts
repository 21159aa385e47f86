import { hash } from 'node:crypto';
import type { TokenClaims } from '../../../contracts/keys/token-claims.ts';
import type { Principal, TokenScope } from './caller.ts';
import type { HeldKey, KeyRing } from './key-ring.ts';
import { signToken, takeApart } from './sign-token.ts';

/** How many tokens are remembered as checked. Beyond that, all of them are checked again. */
const MOST_CHECKED = 5_000;

/** A client token with a valid signature. It may have expired. */
export interface HeldToken {
  readonly key: HeldKey;
  readonly principal: Principal & { readonly token: TokenScope };
}

/** The content of a token that is issued. */
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

/** A token is never allowed more than its key: what is taken from the key is taken from its tokens as well. */
function principalOf({ principal }: HeldKey, { i: id, u: userId, e, m, o, b }: TokenClaims): HeldToken['principal'] {
  return {
    ...principal,
    // Each token has a rate limit, websockets and a part of prompt caches of its own.
    keyHash: hash('sha256', `client-token:${id}`, 'hex'),
    models: within(principal.models, m),
    origins: within(principal.origins, o),
    token: { id, userId, budget: b ?? null, expiresAt: new Date(e) },
  };
}

/**
 * Issues and checks client tokens. They are signed and their keys are in memory, so a check does not read the database. A
 * token ends with its key.
 */
export class ClientTokens {
  readonly #secret: Buffer;
  readonly #ring: Pick<KeyRing, 'findById'>;
  /** Tokens whose signatures were compared. */
  readonly #checked = new Map<string, HeldToken>();

  constructor(secret: Buffer, ring: Pick<KeyRing, 'findById'>) {
    this.#secret = secret;
    this.#ring = ring;
  }

  /** Null: the key was revoked. */
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

  /** Null: it is not a token, it was changed, or its key was revoked or has another secret now. */
  find(token: string): HeldToken | null {
    const known = this.#checked.get(token);
    // The ring holds a key as another object after each change: its tokens are then checked again.
    if (known && this.#ring.findById(known.key.row.id) === known.key) return known;
    this.#checked.delete(token);
    const held = this.#check(token);
    if (!held) return null;
    if (this.#checked.size >= MOST_CHECKED) this.#checked.clear();
    this.#checked.set(token, held);
    return held;
  }

  #check(token: string): HeldToken | null {
    const unchecked = takeApart(token);
    const key = unchecked && this.#ring.findById(unchecked.claims.k);
    if (!key || !unchecked.isSignedWith(this.#secret, key.row.hash)) return null;
    return { key, principal: principalOf(key, unchecked.claims) };
  }
}
