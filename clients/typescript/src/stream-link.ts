import type { Operation, TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { Connection } from './connection.ts';
import { clientError, toGatewayError } from './gateway-error.ts';
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

/** Subscriptions over one websocket, which is opened when needed, and anew when the key has changed. */
export function createStreams(options: StreamsOptions): Streams {
  const { baseUrl, readKey, WebSocket, fetch, connectTimeoutMs, transport } = options;
  const sse = new SseLink({ baseUrl, fetch });
  const open = new Set<Connection>();
  let current: Connection | undefined;
  let blockedUntil = Number.NEGATIVE_INFINITY;

  async function isReachable(): Promise<boolean> {
    if (transport !== 'auto') return false;
    try {
      const response = await fetch(`${baseUrl}/healthz`, { signal: AbortSignal.timeout(PROBE_MS) });
      return response.ok && response.headers.get('content-type')?.startsWith('application/json') === true;
    } catch {
      return false;
    }
  }

  function connect(apiKey: string): Connection {
    if (current?.apiKey === apiKey) return current;
    const connection: Connection = new Connection({
      url: `${baseUrl.replace(/^http/, 'ws')}/trpc`,
      apiKey,
      WebSocket: webSocketClass(WebSocket),
      connectTimeoutMs,
      isReachable,
      onRetired() {
        open.delete(connection);
        if (current === connection) current = undefined;
      },
      onBlocked() {
        blockedUntil = performance.now() + BLOCKED_MS;
      },
    });
    open.add(connection);
    current = connection;
    return connection;
  }

  function goesOverSse({ path }: Operation): boolean {
    if (transport !== 'auto') return transport === 'sse';
    return isOverSse(path) && (!findWebSocketClass(WebSocket) || performance.now() < blockedUntil);
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
              : connect(apiKey).stream(op, next, () => send(apiKey));
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
      await Promise.all([...open].map((connection) => connection.close(error)));
    },
  };
}
