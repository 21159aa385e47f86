import type { Operation, TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { Connection } from './connection.ts';
import { clientError, type GatewayError, toGatewayError } from './gateway-error.ts';
import type { AppRouter } from './router-types.ts';
import { isOverSse, SseLink } from './sse-link.ts';
import { findWebSocketClass, type WebSocketClass, webSocketClass } from './websocket-class.ts';

/** How streams travel. `auto`: over a websocket, and over SSE where websockets cannot be had. */
export type Transport = 'auto' | 'websocket' | 'sse';

export interface StreamsOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly readKey: () => Promise<string>;
  readonly WebSocket: WebSocketClass | undefined;
  readonly fetch: typeof fetch;
  readonly connectTimeoutMs: number;
  readonly transport: Transport;
}

export interface Streams {
  readonly link: TRPCLink<AppRouter>;
  close(): Promise<void>;
}

/** How long websockets are not tried again after they did not get through, in ms. */
const BLOCKED_MS = 300_000;
const PROBE_MS = 5_000;

/** The websocket of the streams: opened when needed, and anew when the key has changed. */
class Websockets {
  readonly #options: StreamsOptions;
  readonly #open = new Set<Connection>();
  #current: Connection | undefined;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Whether websockets did not get through lately. */
  get isBlocked(): boolean {
    return performance.now() < this.#blockedUntil;
  }

  connect(apiKey: string): Connection {
    if (this.#current?.apiKey === apiKey) return this.#current;
    const { baseUrl, WebSocket, connectTimeoutMs } = this.#options;
    const connection: Connection = new Connection({
      url: `${baseUrl.replace(/^http/, 'ws')}/trpc`,
      apiKey,
      WebSocket: webSocketClass(WebSocket),
      connectTimeoutMs,
      isReachable: () => this.#isReachable(),
      onRetired: () => {
        this.#open.delete(connection);
        if (this.#current === connection) this.#current = undefined;
      },
      onBlocked: () => {
        this.#blockedUntil = performance.now() + BLOCKED_MS;
      },
    });
    this.#open.add(connection);
    this.#current = connection;
    return connection;
  }

  async close(error: () => GatewayError): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.close(error)));
  }

  async #isReachable(): Promise<boolean> {
    const { baseUrl, fetch, transport } = this.#options;
    if (transport !== 'auto') return false;
    try {
      const response = await fetch(`${baseUrl}/healthz`, { signal: AbortSignal.timeout(PROBE_MS) });
      return response.ok && response.headers.get('content-type')?.startsWith('application/json') === true;
    } catch {
      return false;
    }
  }
}

/** Subscriptions over one websocket, or over SSE. */
export function createStreams(options: StreamsOptions): Streams {
  const { baseUrl, readKey, WebSocket, fetch, transport } = options;
  const sse = new SseLink({ baseUrl, fetch });
  const websockets = new Websockets(options);

  function goesOverSse({ path }: Operation): boolean {
    if (transport !== 'auto') return transport === 'sse';
    return isOverSse(path) && (!findWebSocketClass(WebSocket) || websockets.isBlocked);
  }

  return {
    link:
      () =>
      ({ op, next }) =>
        observable((observer) => {
          let left = false;
          let stop = () => {};
          const send = (apiKey: string) => {
            if (left) return;
            if (op.signal?.aborted) return observer.complete();
            const stream = goesOverSse(op)
              ? sse.stream(op, apiKey)
              : websockets.connect(apiKey).stream(op, next, () => send(apiKey));
            const subscription = stream.subscribe(observer);
            stop = () => subscription.unsubscribe();
          };
          readKey()
            .then(send)
            .catch((error: unknown) => observer.error(toGatewayError(error)));
          return () => {
            left = true;
            stop();
          };
        }),
    async close() {
      const error = () => clientError('connection_lost', { message: 'The client was closed.' });
      sse.close(error);
      await websockets.close(error);
    },
  };
}
