import { hash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors/app-error.ts';
import type { Principal } from '../chat/caller.ts';
import type { RateLimiter, RateState } from './rate-limiter.ts';

const sha256 = (text: string) => hash('sha256', text, 'buffer');

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

/** Who may come in, and how often. */
export class Gate {
  readonly #bearerHash: Buffer;
  readonly #admin: Principal;
  readonly #limiter: RateLimiter;

  constructor(bearer: string, limiter: RateLimiter) {
    this.#bearerHash = sha256(bearer);
    this.#admin = { keyHash: this.#bearerHash.toString('hex'), role: 'admin', keyId: null, owner: null, group: null };
    this.#limiter = limiter;
  }

  /** Throws `missing_authorization` and `invalid_authorization`. Takes the same time whatever the key holds. */
  authenticate(key: string | null): Principal {
    if (key === null) {
      throw new AppError('missing_authorization', 'Send "Authorization: Bearer <key>".', { param: 'Authorization' });
    }
    if (timingSafeEqual(sha256(key), this.#bearerHash)) return this.#admin;
    throw new AppError('invalid_authorization', 'The key is not valid here.', { param: 'Authorization' });
  }

  /** Counts one request against its key; null when limiting is off. `ensureAllowed` says whether it may go on. */
  count(principal: Principal): RateState | null {
    return this.#limiter.take(principal.keyHash);
  }
}

/** Throws `rate_limit_exceeded`. */
export function ensureAllowed(state: RateState | null): void {
  if (state === null || state.allowed) return;
  const { retryAfter } = state;
  throw new AppError('rate_limit_exceeded', `Too many requests; try again in ${retryAfter} s.`, { retryAfter });
}
