import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import type { RequestHold } from '../../features/access/request-hold.ts';

/**
 * So many pieces are joined to one. A body may come in chunks of one byte, and each piece takes a hundred bytes beside its
 * own.
 */
const JOINED = 256;

/** So many chunks may be of any size; more must have so many bytes on average. Each chunk costs as much as a small request. */
const FREE_CHUNKS = 20_000;
const LEAST_CHUNK = 64;

type Done = (error: Error | null, body?: Buffer) => void;

/** The pieces of a body, with little room beside their bytes. */
class Pieces {
  readonly #joined: Buffer[] = [];
  #pieces: Buffer[] = [];
  length = 0;
  #count = 0;

  /** Throws `body_too_complex`. */
  add(piece: Buffer): void {
    this.length += piece.length;
    this.#count++;
    if (this.#count > FREE_CHUNKS && this.length < this.#count * LEAST_CHUNK) {
      throw new AppError(
        'body_too_complex',
        `The body came in more than ${FREE_CHUNKS} chunks of less than ${LEAST_CHUNK} bytes. Send larger ones.`,
      );
    }
    this.#pieces.push(piece);
    if (this.#pieces.length === JOINED) this.#joined.push(Buffer.concat(this.#pieces.splice(0)));
  }

  /** A copy: the pieces are views of memory that Node shares. */
  take(): Buffer {
    const [only] = this.#pieces;
    if (only && only.length === this.length) return Buffer.from(only);
    return Buffer.concat([...this.#joined, ...this.#pieces.splice(0)], this.length);
  }
}

/** Reads a body as a whole, and counts it while it arrives. Fails with `body_too_large`, `body_too_complex` and `rate_limit_exceeded`. */
export function collectBody(
  { headers, routeOptions }: FastifyRequest,
  payload: Readable,
  hold: RequestHold,
  done: Done,
) {
  const { bodyLimit } = routeOptions;
  const pieces = new Pieces();

  function settle(error: Error | null): void {
    payload.off('data', take).off('end', end).off('error', settle);
    if (error) done(error);
    else done(null, pieces.take());
  }
  function take(piece: Buffer): void {
    try {
      pieces.add(piece);
      if (pieces.length > bodyLimit) throw new AppError('body_too_large');
      hold.grow(piece.length);
    } catch (error) {
      settle(error instanceof Error ? error : new Error('The body cannot be kept.'));
    }
  }
  const end = () => settle(null);

  if (Number(headers['content-length']) > bodyLimit) done(new AppError('body_too_large'));
  else payload.on('data', take).on('end', end).on('error', settle).resume();
}
