import { createTRPCClient, createWSClient, type TRPCClient, type WebSocketClientOptions, wsLink } from '@trpc/client';
import { WebSocket } from 'ws';
import { webSocketClass } from '../../clients/typescript/src/websocket-class.ts';
import type { AppRouter } from '../../server/rpc/router.ts';
import { bearer, type Gateway } from './start-gateway.ts';

export interface TrpcConnection {
  readonly client: TRPCClient<AppRouter>;
  close(): Promise<void>;
}

interface ConnectOptions extends Pick<WebSocketClientOptions, 'retryDelayMs'> {
  /** Default: the administrator's bearer. */
  readonly apiKey?: string;
}

/** tRPC's own client, as it comes, over a websocket of its own. */
export function connectTrpc(
  { url }: Pick<Gateway, 'url'>,
  { apiKey = bearer, ...options }: ConnectOptions = {},
): TrpcConnection {
  const socket = createWSClient({
    url: `${url.replace('http', 'ws')}/trpc`,
    WebSocket: webSocketClass(WebSocket),
    connectionParams: { apiKey },
    ...options,
  });
  return { client: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }), close: () => socket.close() };
}
