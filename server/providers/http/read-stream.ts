import type { Json } from '../../canonical/json.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import { isJsonBody } from './answer-form.ts';
import type { Exchange } from './exchange.ts';
import { MAX_ANSWER } from './limits.ts';
import { PairJoiner } from './pair-joiner.ts';
import { expectSuccess } from './read-error.ts';
import { SseParser } from './sse-parser.ts';
import { readMark } from './stream-marks.ts';
import { toUpstreamError } from './upstream-client.ts';

/** Translates the events of one answer to chunks. */
export interface EventSource<Chunk extends object> {
  /** The chunks that can be passed on after an event. Throws the `AppError` of an event that is an error. */
  read(payload: Buffer): Json<Chunk>[];
  /** Whether the last event added something to the answer. */
  readonly added: boolean;
  /** Whether the last event said that no event follows. */
  readonly ended: boolean;
  /**
   * The chunks at the end of the answer. Throws when it is incomplete. `isMarked`: the upstream has sent `[DONE]`, and not
   * only ended the body.
   */
  end(isMarked: boolean): Json<Chunk>[];
  /** The chunks that were held back when the answer broke off. */
  rest(): Json<Chunk>[];
}

/** Reads one streamed answer as it arrives. A stream that ends before its answer is complete has failed. */
export class StreamReader<Chunk extends object> {
  readonly #parser = new SseParser();
  readonly #pairs = new PairJoiner();
  readonly #source: EventSource<Chunk>;
  #failure: unknown;
  #done = false;
  /** True when the answer is complete and has been passed on. */
  complete = false;

  constructor(source: EventSource<Chunk>) {
    this.#source = source;
  }

  /** Whether reading can stop: the answer is complete, or the next read would fail. */
  get ended(): boolean {
    return this.complete || this.#failure !== undefined;
  }

  /**
   * The chunks in what arrived; null means the end of the body. A failure is thrown after the chunks before it were
   * returned.
   */
  read(arrived: readonly Buffer[] | null): Json<Chunk>[] {
    if (this.#failure) throw this.#failure;
    const batch: Json<Chunk>[] = [];
    try {
      for (const payload of arrived ? this.#parser.pushAll(arrived) : this.#parser.flush()) this.#add(payload, batch);
      if (!arrived) this.#readAll(this.#pairs.flush(), batch);
      if (!arrived || this.#done) {
        batch.push(...this.#source.end(this.#done));
        this.complete = true;
      }
    } catch (error) {
      batch.push(...this.#source.rest());
      if (batch.length === 0) throw error;
      // The chunks before the failure go to the client; the next read throws it.
      this.#failure = error;
    }
    return batch;
  }

  #add(payload: Buffer, batch: Json<Chunk>[]): void {
    if (this.#done) return;
    const mark = readMark(payload);
    if (mark === 'nothing') return;
    if (mark === 'done') {
      this.#readAll(this.#pairs.flush(), batch);
      this.#done = true;
    } else if (this.#pairs.passes(payload)) this.#read(payload, batch);
    else this.#readAll(this.#pairs.push(payload), batch);
  }

  #readAll(payloads: readonly Buffer[], batch: Json<Chunk>[]): void {
    for (const payload of payloads) if (!this.#done) this.#read(payload, batch);
  }

  #read(payload: Buffer, batch: Json<Chunk>[]): void {
    for (const chunk of this.#source.read(payload)) batch.push(chunk);
    if (this.#source.added) this.#parser.progressed();
    this.#done = this.#source.ended;
  }
}

/** The exchange when it is a success, or else the one of the changed request that `again` sends. */
async function expectOrResend(
  exchange: Exchange,
  again: (failure: unknown) => Exchange | Promise<Exchange> | null,
): Promise<Exchange> {
  try {
    await expectSuccess(exchange);
    return exchange;
  } catch (error) {
    const resent = await again(error);
    if (!resent) throw error;
    await expectSuccess(resent);
    return resent;
  }
}

/**
 * Sends a request for a stream when the first batch is pulled, and reads its answer. When the upstream answers with
 * JSON instead, `whole` makes chunks of it. When it refuses the request, `again` can send a changed one.
 */
export async function* readStream<Chunk extends object>(
  send: () => Exchange | Promise<Exchange>,
  reader: StreamReader<Chunk>,
  whole: (body: Buffer) => Json<Chunk>[],
  again: (failure: unknown) => Exchange | Promise<Exchange> | null = () => null,
): AsyncGenerator<Json<Chunk>[], void, void> {
  const sent = send();
  let exchange = sent instanceof Promise ? await sent : sent;
  try {
    exchange = await expectOrResend(exchange, again);
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

/** How much is parsed at once, as for a stream that arrives, in bytes. */
const PIECE = 64 * 1024;

/** The chunks of a stream that came although one answer was requested. Others are served between two pieces of it. */
export async function* readWhole<Chunk extends object>(
  reader: StreamReader<Chunk>,
  body: Buffer,
): AsyncGenerator<Json<Chunk>[], void, void> {
  for (let at = 0; at < body.length && !reader.ended; at += PIECE) {
    if (at > 0) await nextTurn();
    yield reader.read([body.subarray(at, at + PIECE)]);
  }
  while (!reader.complete) yield reader.read(null);
}
