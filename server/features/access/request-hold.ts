import { AppError } from '../../errors/app-error.ts';
import { type HeldBytes, Hold } from './held-bytes.ts';

/** Shorter requests are not counted, because MAX_OPEN_REQUESTS limits how many there are. In bytes. */
const COUNTED_FROM = 64 * 1024;

/** Whose requests are counted together: those of a key with those of its client tokens. Null: nobody's. */
export const holderOf = (principal: { readonly keyId: string | null; readonly keyHash: string } | null) =>
  principal && (principal.keyId ?? principal.keyHash);

/**
 * The bytes of one request. Its key holds them from their arrival until the last part of the gateway that needs them has
 * ended: the response, or an answer that goes on without its client.
 */
export class RequestHold {
  readonly #held: HeldBytes;
  readonly #holder: string | null;
  readonly #hold: Hold;
  #bytes = 0;
  #counted = 0;
  #users = 1;

  constructor(held: HeldBytes, principal: Parameters<typeof holderOf>[0]) {
    this.#held = held;
    this.#holder = holderOf(principal);
    this.#hold = new Hold(held);
  }

  /** Counts bytes that have arrived. Throws `rate_limit_exceeded` when the requests of the key have no room for them. */
  grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= COUNTED_FROM || this.#users === 0) return;
    if (!this.#hold.grow(this.#holder, this.#bytes - this.#counted)) {
      throw new AppError(
        'rate_limit_exceeded',
        `The running and waiting requests of this key can have at most ${this.#held.most} bytes together (REQUEST_BYTES_PER_KEY).`,
        { retryAfter: 1 },
      );
    }
    this.#counted = this.#bytes;
  }

  /** Keeps the bytes counted until one more `release`. */
  share(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#hold.release();
  }
}
