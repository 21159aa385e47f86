import { clientError, toGatewayError } from './gateway-error.ts';

export interface StreamOptions {
  /** Stops the answer, also at the gateway and its upstream; the loop throws `aborted`. */
  readonly signal?: AbortSignal;
}

/** What a `for await` reads. Leaving the loop, or `return()`, stops the answer at the gateway and its upstream. */
export type ChunkStream<Chunk> = AsyncIterableIterator<Chunk, undefined>;

/** The data of a subscription's events. It is sent when the first one is asked for. */
export function readStream<Chunk>(
  subscribe: () => AsyncIterator<{ data: Chunk }>,
  signal: AbortSignal | undefined,
): ChunkStream<Chunk> {
  let events: AsyncIterator<{ data: Chunk }> | undefined;
  let left = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (left) return { value: undefined, done: true };
      try {
        if (signal?.aborted) throw clientError('aborted', { cause: signal.reason });
        events ??= subscribe();
        const event = await events.next();
        if (!event.done) return { value: event.value.data, done: false };
        // tRPC ends an aborted stream as if it were complete.
        if (signal?.aborted && !left) throw clientError('aborted', { cause: signal.reason });
      } catch (error) {
        left = true;
        throw toGatewayError(error, signal);
      }
      left = true;
      return { value: undefined, done: true };
    },
    async return() {
      left = true;
      await events?.return?.();
      return { value: undefined, done: true };
    },
  };
}
