import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { hashKey } from './credentials.ts';

/** How long a code can be exchanged, in ms. */
const VALID_MS = 600_000;

/** A code of the link that the start prints. It is exchanged for the bearer once, within ten minutes. */
export class StartCode {
  readonly code = randomBytes(32).toString('base64url');
  readonly #bearer: string;
  readonly #until = monotonicNow() + VALID_MS;
  #isUsed = false;

  constructor(bearer: string) {
    this.#bearer = bearer;
  }

  /** Returns the bearer. Throws `invalid_authorization`. */
  exchange(code: string): string {
    const isRight = timingSafeEqual(hashKey(code), hashKey(this.code));
    if (!isRight || this.#isUsed || monotonicNow() > this.#until) throw refused();
    this.#isUsed = true;
    return this.#bearer;
  }
}

const refused = () =>
  new AppError(
    'invalid_authorization',
    'The start link has already been used, or is older than ten minutes. Sign in with the bearer, or start the gateway again.',
    { param: 'code' },
  );

/**
 * The bearer for the code of `GET /api/start`; `start` is null where the gateway printed no link. `countGuess` counts a
 * code that is refused, and throws `rate_limit_exceeded` when there were too many of them.
 */
export function exchangeStartCode(start: StartCode | null, code: string, countGuess: () => void): string {
  try {
    if (start === null) throw refused();
    return start.exchange(code);
  } catch (refusal) {
    countGuess();
    throw refusal;
  }
}
