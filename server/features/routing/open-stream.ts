import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';

type Stream<Chunk extends object> = AsyncGenerator<Json<Chunk>[], void, void>;

/** A stream that has begun to answer: it gives what was held back, and then the rest. */
export class OpenedStream<Chunk extends object> implements AsyncIterableIterator<Json<Chunk>[], void, void> {
  readonly #held: Json<Chunk>[][];
  readonly #rest: Stream<Chunk>;

  constructor(held: Json<Chunk>[][], rest: Stream<Chunk>) {
    this.#held = held;
    this.#rest = rest;
  }

  next(): Promise<IteratorResult<Json<Chunk>[], void>> {
    const value = this.#held.shift();
    return value ? Promise.resolve({ value, done: false }) : this.#rest.next();
  }

  /** Aborts the upstream. */
  return(): Promise<IteratorResult<Json<Chunk>[], void>> {
    return this.#rest.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** How long the first token may take. */
export class FirstTokenLimit {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** Aborts the attempt when the time is over. */
  readonly signal: AbortSignal;

  constructor(ms: number, client: AbortSignal) {
    this.signal = AbortSignal.any([client, this.#stop.signal]);
    this.#timer = setTimeout(() => this.#stop.abort(), ms);
  }

  /** The error of an attempt. When the time limit aborts an attempt, it looks as if the client had disconnected. */
  explain(error: unknown): unknown {
    if (!this.#stop.signal.aborted) return error;
    return new AppError('upstream_timeout', 'The first token did not come in time.', { cause: error });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Reads a stream until its first token, so that a failure before it can still go elsewhere; what came before the token
 * is held back. The end of the stream counts as a beginning, too.
 */
export async function openStream<Chunk extends object>(
  rest: Stream<Chunk>,
  isToken: (chunk: Chunk) => boolean,
  limit: FirstTokenLimit | null,
): Promise<OpenedStream<Chunk>> {
  const held: Json<Chunk>[][] = [];
  try {
    for (let begun = false; !begun; ) {
      const { value, done } = await rest.next();
      if (value) held.push(value);
      begun = done === true || value.some((chunk) => isToken(chunk.value));
    }
    return new OpenedStream(held, rest);
  } catch (error) {
    throw limit ? limit.explain(error) : error;
  } finally {
    limit?.end();
  }
}
