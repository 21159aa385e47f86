import { clientError, toGatewayError } from './gateway-error.ts';

export interface StreamOptions {
  /** Stops the answer, also at the gateway and its upstream; the loop throws `aborted`. */
  readonly signal?: AbortSignal;
}

/** How a turn is read. */
export interface TurnOptions extends StreamOptions {
  /** What leaving the loop does to the run. Default `cancel`. With `detach` it goes on; the signal cancels it all the same. */
  readonly onLeave?: 'cancel' | 'detach';
}

/** A stream for `for await`. Leaving the loop, or calling `return()`, cancels the request at the gateway and its upstream. */
export type ChunkStream<Chunk> = AsyncIterableIterator<Chunk, undefined>;

/** The callbacks of a subscription. Every version 11 of tRPC's client accepts them. */
export interface Listener<Chunk> {
  onData(event: { data: Chunk }): void;
  onError(error: unknown): void;
  onComplete(): void;
}

export interface Subscription {
  /** Called first when the reader leaves before the end, by the signal or by leaving the loop. */
  leave?(): void;
  unsubscribe(): void;
}

type Subscribe<Chunk> = (listener: Listener<Chunk>) => Subscription;

const DONE = { value: undefined, done: true } as const;

/** Hands the events of a subscription to a reader, in their order. It is sent when the first one is asked for. */
class StreamReader<Chunk> implements ChunkStream<Chunk> {
  readonly #subscribe: Subscribe<Chunk>;
  readonly #signal: AbortSignal | undefined;
  readonly #detaches: boolean;
  readonly #chunks: Chunk[] = [];
  #subscription: Subscription | undefined;
  #begun = false;
  #left = false;
  /** How it ended; the error is thrown once, after the chunks that came before it. */
  #end: { error?: unknown } | undefined;
  #wake: () => void = () => {};
  /** Reads wait for the ones before them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(subscribe: Subscribe<Chunk>, { signal, onLeave }: TurnOptions) {
    this.#subscribe = subscribe;
    this.#signal = signal;
    this.#detaches = onLeave === 'detach';
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    const read = this.#last.then(() => this.#read());
    this.#last = read.catch(() => undefined);
    return read;
  }

  async return(): Promise<IteratorResult<Chunk, undefined>> {
    if (!this.#end && !this.#detaches) this.#subscription?.leave?.();
    this.#leave();
    return DONE;
  }

  async #read(): Promise<IteratorResult<Chunk, undefined>> {
    if (!this.#begun) this.#begin();
    while (this.#chunks.length === 0 && !this.#end && !this.#left) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#left) return DONE;
    const [value] = this.#chunks;
    if (value !== undefined) {
      this.#chunks.shift();
      return { value, done: false };
    }
    this.#leave();
    if (this.#end && 'error' in this.#end) throw toGatewayError(this.#end.error, this.#signal);
    return DONE;
  }

  #begin(): void {
    this.#begun = true;
    const signal = this.#signal;
    if (signal?.aborted) this.#abort();
    if (this.#left || this.#end) return;
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#subscription = this.#subscribe({
      onData: ({ data }) => {
        this.#chunks.push(data);
        this.#wake();
      },
      onError: (error) => this.#finish({ error }),
      onComplete: () => this.#finish({}),
    });
  }

  readonly #abort = (): void => {
    if (!this.#end) this.#subscription?.leave?.();
    this.#finish({ error: clientError('aborted', { cause: this.#signal?.reason }) });
    this.#subscription?.unsubscribe();
  };

  #finish(end: { error?: unknown }): void {
    this.#end ??= end;
    this.#wake();
  }

  #leave(): void {
    this.#begun = true;
    this.#left = true;
    this.#chunks.length = 0;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#subscription?.unsubscribe();
    this.#wake();
  }
}

/** The data of a subscription's events. */
export const readStream = <Chunk>(subscribe: Subscribe<Chunk>, options: TurnOptions): ChunkStream<Chunk> =>
  new StreamReader(subscribe, options);
