import { timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors/app-error.ts';
import { addressGroup } from './address-group.ts';
import type { Principal } from './caller.ts';
import type { ClientTokens, HeldToken } from './client-tokens.ts';
import { type Credentials, hashKey } from './credentials.ts';
import type { DemoPass } from './demo-pass.ts';
import type { HeldKey, KeyRing } from './key-ring.ts';
import { Origins } from './origins.ts';
import { RateLimiter, type RateState, rateStateOf } from './rate-limiter.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import { WITHOUT_KEY } from './without-key.ts';

/** Wrong keys from one address: so many at once, then one a second. */
const GUESSES = { perSecond: 1, burst: 30 };
/** A bearer with fewer characters may be a word that somebody chose, and can be guessed. */
const UNGUESSABLE_LENGTH = 20;
/** How many addresses that have shown the bearer are remembered. Beyond that, all of them are forgotten. */
const MOST_TRUSTED = 1_000;

const refuse = (message: string) => new AppError('invalid_authorization', message, { param: 'Authorization' });

export interface GateDeps {
  readonly ring: KeyRing;
  readonly tokens: Pick<ClientTokens, 'find'>;
  readonly corsOrigins: readonly string[];
  /** The addresses and ranges of the proxies that are believed when they name their client. */
  readonly trustedProxies: readonly string[];
  readonly demoPass: Pick<DemoPass, 'find'>;
}

/** Decides which requests are admitted, and how many. */
export class Gate {
  readonly #bearerHash: Buffer;
  readonly #admin: Principal;
  readonly #limiter: RateLimiter;
  readonly #ring: KeyRing;
  readonly #tokens: Pick<ClientTokens, 'find'>;
  readonly #demoPass: Pick<DemoPass, 'find'>;
  readonly origins: Origins;
  readonly proxies: TrustedProxies;
  readonly #guesses = new RateLimiter(GUESSES.perSecond, GUESSES.burst);
  readonly #isGuessable: boolean;
  /** Addresses that have shown a bearer that can be guessed. */
  readonly #trusted = new Set<string>();

  constructor(bearer: string, limiter: RateLimiter, deps: GateDeps) {
    const { ring, tokens, corsOrigins, trustedProxies, demoPass } = deps;
    this.#bearerHash = hashKey(bearer);
    this.#isGuessable = bearer.length < UNGUESSABLE_LENGTH;
    this.#admin = {
      keyHash: this.#bearerHash.toString('hex'),
      role: 'admin',
      keyName: null,
      owner: null,
      ...WITHOUT_KEY,
    };
    this.#limiter = limiter;
    this.#ring = ring;
    this.#tokens = tokens;
    this.#demoPass = demoPass;
    this.origins = new Origins(corsOrigins, ring);
    this.proxies = new TrustedProxies(trustedProxies);
  }

  /**
   * Finds the caller with these keys: one valid key is enough, and the others are ignored. Throws `missing_authorization`,
   * `invalid_authorization`, `permission_denied` for an address that the key is not for, and `rate_limit_exceeded` to who
   * guesses. Keys are compared as their hashes, so the time that it takes reveals nothing about them.
   */
  authenticate({ hashes, tokens, malformed }: Credentials, ip: string): Principal {
    let refusal: unknown;
    for (const keyHash of hashes) {
      if (timingSafeEqual(keyHash, this.#bearerHash)) {
        if (this.#isGuessable) this.#ensureNotGuessed(ip);
        return this.#admin;
      }
      const hex = keyHash.toString('hex');
      const held = this.#ring.find(hex);
      if (!held) {
        const visitor = this.#demoPass.find(hex);
        if (visitor) return visitor;
        continue;
      }
      try {
        return checkKey(held, ip);
      } catch (error) {
        refusal ??= error;
      }
    }
    for (const token of tokens) {
      const held = this.#tokens.find(token);
      if (!held) continue;
      try {
        return checkToken(held, ip);
      } catch (error) {
        refusal ??= error;
      }
    }
    throw refusal ?? this.#refuseStranger(hashes.length + tokens.length, malformed, ip);
  }

  /** Counts a wrong secret of another kind than keys. Throws `rate_limit_exceeded`. */
  countGuess(ip: string): void {
    ensureAllowed(this.#guesses.take(addressGroup(ip)));
  }

  /**
   * An address that guesses too often is refused whatever it sends, so that it cannot go on guessing. An address that has
   * shown the bearer before is let in.
   */
  #ensureNotGuessed(ip: string): void {
    if (this.#trusted.has(ip)) return;
    ensureAllowed(this.#guesses.look(addressGroup(ip)));
    if (this.#trusted.size >= MOST_TRUSTED) this.#trusted.clear();
    this.#trusted.add(ip);
  }

  #refuseStranger(guesses: number, malformed: boolean, ip: string): AppError {
    const address = addressGroup(ip);
    for (let i = 0; i < guesses; i++) ensureAllowed(this.#guesses.take(address));
    if (guesses > 0) return refuse('The key is not valid here.');
    if (malformed) return refuse('The Authorization header must be "Bearer <key>".');
    return new AppError('missing_authorization', 'Send "Authorization: Bearer <key>".', { param: 'Authorization' });
  }

  /** Counts one request against its key; null when limiting is off. `ensureAllowed` says whether it may go on. */
  count({ account, keyHash }: Principal): RateState | null {
    const bucket = account?.requests;
    if (!bucket) return this.#limiter.take(keyHash);
    const wait = bucket.secondsUntil(1);
    if (wait > 0) return rateStateOf(bucket, wait);
    const state = this.#limiter.take(keyHash);
    if (state?.allowed === false) return state;
    bucket.take(1);
    return rateStateOf(bucket, 0);
  }
}

function checkKey({ row, ipRanges, principal }: HeldKey, ip: string): Principal {
  if (!row.enabled) throw refuse('The key is disabled.');
  if (row.expiresAt !== null && row.expiresAt.getTime() <= Date.now()) throw refuse('The key has expired.');
  if (ipRanges && !ipRanges.has(ip)) {
    throw new AppError('permission_denied', 'The key is not allowed from this address: see the ip_ranges of the key.', {
      param: 'Authorization',
    });
  }
  return principal;
}

function checkToken({ key, principal }: HeldToken, ip: string): Principal {
  // The addresses of a key are those of the server that asks for its tokens. Browsers have other addresses.
  checkKey({ ...key, ipRanges: null }, ip);
  if (principal.token.expiresAt.getTime() <= Date.now()) throw refuse('The client token has expired.');
  return principal;
}

/** Throws `rate_limit_exceeded`. */
export function ensureAllowed(state: RateState | null): void {
  if (state === null || state.allowed) return;
  const { retryAfter } = state;
  throw new AppError('rate_limit_exceeded', `Too many requests; try again in ${retryAfter} s.`, { retryAfter });
}
