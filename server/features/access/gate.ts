import { hash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors/app-error.ts';
import type { Principal } from './caller.ts';
import type { HeldKey, KeyRing } from './key-ring.ts';
import { RateLimiter, type RateState, rateStateOf } from './rate-limiter.ts';

/** What a key is known by: SHA-256. */
export const hashKey = (key: string): Buffer => hash('sha256', key, 'buffer');

/** Takes the key out of `Authorization: Bearer <key>` or `x-api-key: <key>`. */
export function readKey(headers: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (authorization !== undefined) {
    const match = /^Bearer +(\S+) *$/i.exec(String(authorization));
    if (match?.[1]) return match[1];
    throw new AppError('invalid_authorization', 'The Authorization header must be "Bearer <key>".', {
      param: 'Authorization',
    });
  }
  return typeof apiKey === 'string' && apiKey !== '' ? apiKey : null;
}

/** Wrong keys from one address: so many at once, then one a second. */
const GUESSES = { perSecond: 1, burst: 30 };

const refuse = (message: string) => new AppError('invalid_authorization', message, { param: 'Authorization' });

/** Who may come in, and how often. */
export class Gate {
  readonly #bearerHash: Buffer;
  readonly #admin: Principal;
  readonly #limiter: RateLimiter;
  readonly #ring: KeyRing;
  readonly #guesses = new RateLimiter(GUESSES.perSecond, GUESSES.burst);

  constructor(bearer: string, limiter: RateLimiter, ring: KeyRing) {
    this.#bearerHash = hashKey(bearer);
    this.#admin = {
      keyHash: this.#bearerHash.toString('hex'),
      role: 'admin',
      keyId: null,
      owner: null,
      group: null,
      models: null,
      account: null,
      revoked: null,
    };
    this.#limiter = limiter;
    this.#ring = ring;
  }

  /**
   * Throws `missing_authorization`, `invalid_authorization`, `permission_denied` for an address that the key is not for,
   * and `rate_limit_exceeded` to who guesses. Keys are compared as their hashes: how long it takes tells nothing of them.
   */
  authenticate(keyHash: Buffer | null, ip: string): Principal {
    if (keyHash === null) {
      throw new AppError('missing_authorization', 'Send "Authorization: Bearer <key>".', { param: 'Authorization' });
    }
    if (timingSafeEqual(keyHash, this.#bearerHash)) return this.#admin;
    const held = this.#ring.find(keyHash.toString('hex'));
    if (held) return checkKey(held, ip);
    ensureAllowed(this.#guesses.take(ip));
    throw refuse('The key is not valid here.');
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
    throw new AppError('permission_denied', 'The key may not be used from this address.', { param: 'Authorization' });
  }
  return principal;
}

/** Throws `rate_limit_exceeded`. */
export function ensureAllowed(state: RateState | null): void {
  if (state === null || state.allowed) return;
  const { retryAfter } = state;
  throw new AppError('rate_limit_exceeded', `Too many requests; try again in ${retryAfter} s.`, { retryAfter });
}
