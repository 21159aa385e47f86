import type { Json } from '../../canonical/json.ts';
import { isJsonBody } from './answer-form.ts';
import type { Exchange } from './exchange.ts';
import { MAX_ANSWER } from './limits.ts';
import { expectSuccess } from './read-error.ts';
import { SseParser } from './sse-parser.ts';
import { toUpstreamError } from './upstream-client.ts';

/** No dialect but OpenAI's has it, but proxies add it. */
const DONE = Buffer.from('[DONE]');

/** Makes chunks of the events of one answer. */
export interface EventSource<Chunk extends object> {
  /** What may be given out of an event now. Throws what it means when it is an error. */
  read(payload: Buffer): Json<Chunk>[];
  /** Whether the event that was read last added something to the answer. */
  readonly added: boolean;
  /** Whether it said that no event follows. */
  readonly ended: boolean;
  /** The end of the answer. Throws when it is not whole. */
  end(): Json<Chunk>[];
  /** What was held back of an answer that broke off. */
  rest(): Json<Chunk>[];
}

/** Reads what arrives of one streamed answer. An end that the answer does not have itself is a failure. */
export class StreamReader<Chunk extends object> {
  readonly #parser = new SseParser();
  readonly #source: EventSource<Chunk>;
  #failure: unknown;
  #done = false;
  /** True when the answer is complete and given out. */
  complete = false;

  constructor(source: EventSource<Chunk>) {
    this.#source = source;
  }

  /** Whether nothing more is worth waiting for: the answer is complete, or the next read fails. */
  get ended(): boolean {
    return this.complete || this.#failure !== undefined;
  }

  /** The chunks in what arrived; null is the end of the body. Throws, after what came before the failure. */
  read(arrived: readonly Buffer[] | null): Json<Chunk>[] {
    if (this.#failure) throw this.#failure;
    const batch: Json<Chunk>[] = [];
    try {
      for (const payload of arrived ? this.#parser.pushAll(arrived) : this.#parser.flush()) this.#add(payload, batch);
      if (!arrived || this.#done) {
        batch.push(...this.#source.end());
        this.complete = true;
      }
    } catch (error) {
      batch.push(...this.#source.rest());
      if (batch.length === 0) throw error;
      // What came before it is the client's; the next read fails.
      this.#failure = error;
    }
    return batch;
  }

  #add(payload: Buffer, batch: Json<Chunk>[]): void {
    if (this.#done || payload.length === 0) return;
    if (payload.length === DONE.length && payload.equals(DONE)) {
      this.#done = true;
      return;
    }
    for (const chunk of this.#source.read(payload)) batch.push(chunk);
    if (this.#source.added) this.#parser.progressed();
    this.#done = this.#source.ended;
  }
}

/**
 * Sends a request for a stream at the first pull, and reads its answer in whichever form it comes: `whole` makes the chunks of one that is JSON,
 * from an upstream that does not stream.
 */
export async function* readStream<Chunk extends object>(
  send: () => Exchange | Promise<Exchange>,
  reader: StreamReader<Chunk>,
  whole: (body: Buffer) => Json<Chunk>[],
): AsyncGenerator<Json<Chunk>[], void, void> {
  const sent = send();
  const exchange = sent instanceof Promise ? await sent : sent;
  try {
    await expectSuccess(exchange);
    const { headers } = await exchange.head;
    let arrived = await exchange.read();
    if (isJsonBody(arrived ?? [], headers)) {
      yield whole(Buffer.concat([...(arrived ?? []), await exchange.readAll(MAX_ANSWER)]));
      return;
    }
    while (!reader.complete) {
      const batch = reader.read(arrived);
      if (batch.length > 0) yield batch;
      if (!reader.ended) arrived = await exchange.read();
    }
  } catch (error) {
    throw toUpstreamError(error);
  } finally {
    if (reader.complete) exchange.drain();
    else exchange.abort();
  }
}

/** No more is read at once than of a stream that arrives. In bytes. */
const PIECE = 64 * 1024;

/** The chunks of a stream that came in the place of one answer. */
export function* readWhole<Chunk extends object>(
  reader: StreamReader<Chunk>,
  body: Buffer,
): Generator<Json<Chunk>, void, void> {
  for (let at = 0; at < body.length && !reader.ended; at += PIECE) yield* reader.read([body.subarray(at, at + PIECE)]);
  while (!reader.complete) yield* reader.read(null);
}
