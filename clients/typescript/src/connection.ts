import {
  createWSClient,
  type Operation,
  type OperationLink,
  type TRPCClientError,
  type TRPCWebSocketClient,
  wsLink,
} from '@trpc/client';
import { type inferObservableValue, observable } from '@trpc/server/observable';
import { clientError, type GatewayError } from './gateway-error.ts';
import { retryDelay } from './retry-delay.ts';
import type { AppRouter } from './router-types.ts';
import { onWake } from './wake-events.ts';
import type { TrpcWebSocketClass } from './websocket-class.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly WebSocket: TrpcWebSocketClass;
  /** How long a stream waits for the connection, in ms. */
  readonly connectTimeoutMs: number;
  /** Whether the gateway answers over HTTP. Asked when the websocket does not open. */
  readonly isReachable: () => Promise<boolean>;
  /** Called once, when the connection takes no more streams. */
  readonly onRetired: () => void;
  /** Called when websockets do not get through, although the gateway answers over HTTP. */
  readonly onBlocked: () => void;
}

/** How long an unused connection stays open. */
const IDLE_MS = 5_000;
const PING_MS = 15_000;
const PONG_MS = 10_000;
/** How long an open connection may be silent when there is a reason to doubt it. */
const DOUBTED_PONG_MS = 4_000;
/** How long the opening may take until the gateway is asked over HTTP. */
const SLOW_OPEN_MS = 3_000;

/** A close event has a reason, which tRPC's type of it lacks. */
const reasonOf = (event: object | undefined): string =>
  event !== undefined && 'reason' in event && typeof event.reason === 'string' ? event.reason : '';

type Value = inferObservableValue<Stream>;

/** The gateway names the run of a turn when the stream starts, which tRPC's type of that message lacks. */
function withRunName(value: Value): Value {
  const { result } = value;
  if (result.type !== 'started' || !('run_id' in result)) return value;
  return { ...value, context: { ...value.context, run_id: result.run_id } };
}

export type Stream = ReturnType<OperationLink<AppRouter>>;
export type Observer = Parameters<Stream['subscribe']>[0];
type Next = Parameters<OperationLink<AppRouter>>[0]['next'];

interface Sent {
  /** Ends it. */
  readonly fail: (error: GatewayError) => void;
  /** Ends it here without a word, to be sent another way. */
  readonly move: () => void;
}

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
  /** The streams that are under way. */
  readonly #streams = new Set<Sent>();
  readonly #unwatch: () => void;
  #slowTimer: ReturnType<typeof setTimeout>;
  #opened = false;
  /** Whether the gateway has answered over HTTP while the websocket did not open. */
  #isReachable = false;
  /** The reason that the gateway gave when it closed the connection. Empty when it gave none. */
  #closeReason = '';
  #retired = false;

  constructor(options: ConnectionOptions) {
    const { url, apiKey, WebSocket } = options;
    this.#options = options;
    this.apiKey = apiKey;
    this.#client = createWSClient({
      url,
      WebSocket,
      connectionParams: { apiKey },
      lazy: { enabled: true, closeMs: IDLE_MS },
      keepAlive: { enabled: true, intervalMs: PING_MS, pongTimeoutMs: PONG_MS },
      onOpen: () => {
        this.#opened = true;
        clearTimeout(this.#slowTimer);
      },
      onClose: (event) => {
        this.#closeReason = reasonOf(event);
        if (this.#opened) this.#retire();
      },
      // Asked before every attempt to connect again; a lost connection is not to come back.
      retryDelayMs: (attempt) => {
        if (!this.#opened) {
          this.#lookForBlock();
          return retryDelay(attempt);
        }
        void this.close(() => this.#lost());
        return 0;
      },
    });
    this.#send = wsLink<AppRouter>({ client: this.#client })({});
    this.#unwatch = onWake(() => this.#doubt());
    this.#slowTimer = setTimeout(() => this.#lookForBlock(), SLOW_OPEN_MS);
  }

  /** A subscription that is sent at most once. `onMoved`: nothing of it was sent, and it can be sent another way. */
  stream(op: Operation, next: Next, onMoved: () => void): Stream {
    return observable((observer) => this.#subscribe(this.#send({ op, next }), observer, onMoved));
  }

  /** Ends every stream with the error that is made for it, then the websocket. */
  async close(reason: () => GatewayError): Promise<void> {
    this.#retire();
    for (const { fail } of this.#streams) fail(reason());
    const closed = this.#client.close();
    // `close` waits for an attempt to connect, which nobody needs any more.
    this.#client.connection?.ws?.close();
    await closed;
  }

  #subscribe(sent: Stream, observer: Observer, onMoved: () => void): () => void {
    let subscription: { unsubscribe(): void } | undefined;
    let ended = false;
    const end = (tell?: () => void) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      this.#streams.delete(stream);
      tell?.();
      subscription?.unsubscribe();
      if (!this.#opened && this.#streams.size === 0) void this.close(() => clientError('connection_failed'));
    };
    const stream: Sent = { fail: (error) => end(() => observer.error?.(error)), move: () => end(onMoved) };
    const timer = setTimeout(
      () => stream.fail(clientError('connection_failed', { cause: this.#lastFailure() })),
      this.#options.connectTimeoutMs,
    );
    this.#streams.add(stream);
    subscription = sent.subscribe({
      next: (value: Value) => {
        const { result } = value;
        if (result.type === 'state' && result.state === 'pending') clearTimeout(timer);
        if (!ended) observer.next?.(withRunName(value));
      },
      error: (error: TRPCClientError<AppRouter>) => end(() => observer.error?.(error)),
      complete: () => end(() => observer.complete?.()),
    });
    if (ended) subscription.unsubscribe();
    return () => end();
  }

  /** Something stands in the way of websockets when the gateway has answered before the attempt that has failed now. */
  #lookForBlock(): void {
    if (this.#opened || this.#retired) return;
    if (this.#isReachable) {
      this.#options.onBlocked();
      this.#moveAll();
      return;
    }
    void this.#options.isReachable().then((isReachable) => {
      if (!isReachable || this.#opened || this.#retired) return;
      this.#isReachable = true;
      clearTimeout(this.#slowTimer);
      this.#slowTimer = setTimeout(() => this.#lookForBlock(), SLOW_OPEN_MS);
    });
  }

  /** Finds out now whether the connection still stands, and opens it now when it waits for its next attempt. */
  #doubt(): void {
    if (!this.#opened) {
      this.#moveAll();
      return;
    }
    const ws = this.#client.connection?.ws;
    if (!ws || ws.readyState !== ws.OPEN) return;
    // On a dead network a browser reports that a websocket is closed only after a minute, so nothing waits for that here.
    const timer = setTimeout(() => void this.close(() => this.#lost()), DOUBTED_PONG_MS);
    const end = () => clearTimeout(timer);
    ws.addEventListener('message', end, { once: true });
    ws.addEventListener('close', end, { once: true });
    ws.send('PING');
  }

  #moveAll(): void {
    this.#retire();
    for (const { move } of this.#streams) move();
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
    clearTimeout(this.#slowTimer);
    this.#unwatch();
    this.#options.onRetired();
  }
}
