import {
  createWSClient,
  type Operation,
  type OperationLink,
  type TRPCClientError,
  type TRPCWebSocketClient,
  type WebSocketClientOptions,
  wsLink,
} from '@trpc/client';
import { type inferObservableValue, observable } from '@trpc/server/observable';
import { clientError, type GatewayError } from './gateway-error.ts';
import type { AppRouter } from './router-types.ts';

/** The part of the WebSocket class that is needed; the browser's and that of `ws` both have it. */
export type WebSocketClass = new (url: string) => { readonly readyState: number; close(): void };

export interface ConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly WebSocket: WebSocketClass;
  /** How long a stream waits for the connection, in ms. */
  readonly connectTimeoutMs: number;
  /** Called once, when the connection takes no more streams. */
  readonly onRetired: () => void;
}

/** How long an unused connection stays open. */
const IDLE_MS = 5_000;
const PING_MS = 15_000;
const PONG_MS = 10_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

const backoff = (attempt: number) => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);

/** A close event has a reason, which tRPC's type of it lacks. */
const reasonOf = (event: object | undefined): string =>
  event !== undefined && 'reason' in event && typeof event.reason === 'string' ? event.reason : '';

type Stream = ReturnType<OperationLink<AppRouter>>;
type Observer = Parameters<Stream['subscribe']>[0];
type Fail = (error: GatewayError) => void;

/**
 * One websocket with one key, shared by streams. It retries until it is open the first time and never after: tRPC would
 * send the streams of a lost socket again, and each would be a second answer to pay for, or a second turn of its
 * conversation. So a lost connection fails its streams, and the next stream gets a connection of its own.
 */
export class Connection {
  readonly apiKey: string;
  readonly #client: TRPCWebSocketClient;
  readonly #send: OperationLink<AppRouter>;
  readonly #options: ConnectionOptions;
  /** How to end each stream that is under way. */
  readonly #streams = new Set<Fail>();
  #opened = false;
  /** The reason that the gateway gave when it closed the connection. Empty when it gave none. */
  #closeReason = '';
  #retired = false;

  constructor(options: ConnectionOptions) {
    const { url, apiKey, WebSocket } = options;
    this.#options = options;
    this.apiKey = apiKey;
    this.#client = createWSClient({
      url,
      WebSocket: WebSocket as unknown as NonNullable<WebSocketClientOptions['WebSocket']>,
      connectionParams: { apiKey },
      lazy: { enabled: true, closeMs: IDLE_MS },
      keepAlive: { enabled: true, intervalMs: PING_MS, pongTimeoutMs: PONG_MS },
      onOpen: () => {
        this.#opened = true;
      },
      onClose: (event) => {
        this.#closeReason = reasonOf(event);
        if (this.#opened) this.#retire();
      },
      // Asked before every attempt to connect again; a lost connection is not to come back.
      retryDelayMs: (attempt) => {
        if (!this.#opened) return backoff(attempt);
        void this.close(() => this.#lost());
        return 0;
      },
    });
    this.#send = wsLink<AppRouter>({ client: this.#client })({});
  }

  /** A subscription that is sent at most once. */
  stream(op: Operation, next: Parameters<OperationLink<AppRouter>>[0]['next']): Stream {
    return observable((observer) => this.#subscribe(this.#send({ op, next }), observer));
  }

  /** Ends every stream with the error that is made for it, then the websocket. */
  async close(reason: () => GatewayError): Promise<void> {
    this.#retire();
    for (const fail of this.#streams) fail(reason());
    const closed = this.#client.close();
    // `close` waits for an attempt to connect, which nobody needs any more.
    this.#client.connection?.ws?.close();
    await closed;
  }

  #subscribe(sent: Stream, observer: Observer): () => void {
    let subscription: { unsubscribe(): void } | undefined;
    let ended = false;
    const end = (tell?: () => void) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      this.#streams.delete(fail);
      tell?.();
      subscription?.unsubscribe();
      if (!this.#opened && this.#streams.size === 0) void this.close(() => clientError('connection_failed'));
    };
    const fail: Fail = (error) => end(() => observer.error?.(error));
    const timer = setTimeout(
      () => fail(clientError('connection_failed', { cause: this.#lastFailure() })),
      this.#options.connectTimeoutMs,
    );
    this.#streams.add(fail);
    subscription = sent.subscribe({
      next: (value: inferObservableValue<Stream>) => {
        const { result } = value;
        if (result.type === 'state' && result.state === 'pending') clearTimeout(timer);
        if (!ended) observer.next?.(value);
      },
      error: (error: TRPCClientError<AppRouter>) => end(() => observer.error?.(error)),
      complete: () => end(() => observer.complete?.()),
    });
    if (ended) subscription.unsubscribe();
    return () => end();
  }

  #lost(): GatewayError {
    const reason = this.#closeReason;
    const message = reason === '' ? {} : { message: `The gateway closed the connection: ${reason}` };
    return clientError('connection_lost', { ...message, cause: this.#lastFailure() });
  }

  #lastFailure(): unknown {
    return this.#client.connectionState.get().error ?? undefined;
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#options.onRetired();
  }
}
