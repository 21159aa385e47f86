import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { Connection, type WebSocketClass } from './connection.ts';
import { clientError, toGatewayError } from './gateway-error.ts';
import type { AppRouter } from './router-types.ts';

export interface StreamsOptions {
  readonly url: string;
  readonly readKey: () => Promise<string>;
  readonly WebSocket: WebSocketClass | undefined;
  readonly connectTimeoutMs: number;
}

export interface Streams {
  readonly link: TRPCLink<AppRouter>;
  close(): Promise<void>;
}

/** Subscriptions over one websocket, which is opened when needed, and anew when the key has changed. */
export function createStreams({ url, readKey, WebSocket, connectTimeoutMs }: StreamsOptions): Streams {
  const open = new Set<Connection>();
  let current: Connection | undefined;

  function connect(apiKey: string): Connection {
    if (current?.apiKey === apiKey) return current;
    const Class = WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
    if (!Class) {
      throw clientError('connection_failed', {
        message:
          'Streams need a WebSocket class, and this runtime has none (Node before 22). Install `ws` and pass it: ' +
          "import { WebSocket } from 'ws'; createGateway({ baseUrl, apiKey, WebSocket }).",
      });
    }
    const connection: Connection = new Connection({
      url,
      apiKey,
      WebSocket: Class,
      connectTimeoutMs,
      onRetired() {
        open.delete(connection);
        if (current === connection) current = undefined;
      },
    });
    open.add(connection);
    current = connection;
    return connection;
  }

  return {
    link:
      () =>
      ({ op, next }) =>
        observable((observer) => {
          let left = false;
          let stop = () => {
            left = true;
          };
          readKey()
            .then((apiKey) => {
              if (left) return;
              if (op.signal?.aborted) return observer.complete();
              const subscription = connect(apiKey).stream(op, next).subscribe(observer);
              stop = () => subscription.unsubscribe();
            })
            .catch((error: unknown) => observer.error(toGatewayError(error)));
          return () => stop();
        }),
    async close() {
      const closing = [...open].map((connection) =>
        connection.close(() => clientError('connection_lost', { message: 'The client was closed.' })),
      );
      await Promise.all(closing);
    },
  };
}
