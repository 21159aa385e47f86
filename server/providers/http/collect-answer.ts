import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ProviderCall } from '../provider.ts';
import { isJsonBody } from './answer-form.ts';
import type { Exchange } from './exchange.ts';
import { MAX_ANSWER } from './limits.ts';
import { expectSuccess } from './read-error.ts';
import type { StreamReader } from './read-stream.ts';
import { toUpstreamError } from './upstream-client.ts';

interface AnyChunk {
  readonly choices?: readonly unknown[] | null | undefined;
}

/** Collects the answer to a request that asked for a stream. */
interface Collection<Chunk extends AnyChunk, Answer> {
  readonly call: Pick<ProviderCall, 'onFirstToken' | 'timeouts'>;
  readonly reader: StreamReader<Chunk>;
  add(chunk: Chunk): void;
  /** Makes the answer from the chunks. Throws when it is incomplete. */
  end(): Answer;
  /** Reads the answer of an upstream that sent JSON although a stream was requested. */
  whole(body: Buffer): Answer | Promise<Answer>;
}

const sizeOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/**
 * Reads the answer to a request for a stream to its end, whether it comes as a stream or as JSON. Throws the `AppError`
 * of a failure.
 */
export async function collectAnswer<Chunk extends AnyChunk, Answer>(
  exchange: Exchange,
  { call, reader, add, end, whole }: Collection<Chunk, Answer>,
): Promise<Answer> {
  const { onFirstToken, timeouts } = call;
  let begun = false;
  const take = ({ value }: Json<Chunk>) => {
    add(value);
    if (begun || !isToken(value)) return;
    begun = true;
    exchange.firstTokenCame();
    onFirstToken?.();
  };
  try {
    if (timeouts?.firstTokenMs !== undefined) exchange.limitFirstToken(timeouts.firstTokenMs);
    await expectSuccess(exchange);
    const { headers } = await exchange.head;
    let arrived = await exchange.read();
    if (isJsonBody(arrived ?? [], headers)) {
      exchange.firstTokenCame();
      return await whole(Buffer.concat([...(arrived ?? []), await exchange.readAll(MAX_ANSWER)]));
    }
    for (let bytes = 0; !reader.complete; ) {
      bytes += sizeOf(arrived ?? []);
      if (bytes > MAX_ANSWER) throw new AppError('upstream_broken', 'The upstream sent more than an answer can hold.');
      for (const chunk of reader.read(arrived)) take(chunk);
      if (!reader.ended) arrived = await exchange.read();
    }
    return end();
  } catch (error) {
    throw toUpstreamError(error);
  } finally {
    if (reader.complete) exchange.drain();
    else exchange.abort();
  }
}
