import type { WebSocketClientOptions } from '@trpc/client';
import { clientError } from './gateway-error.ts';

/** The part of the WebSocket class that is needed; the browser's and that of `ws` both have it. */
export type WebSocketClass = new (url: string) => { readonly readyState: number; close(): void };

/** The type that tRPC takes. It is that of the browser's class, although tRPC uses only what every such class has. */
export type TrpcWebSocketClass = NonNullable<WebSocketClientOptions['WebSocket']>;

/** tRPC compares the state of a socket with these constants. Without them it would never see that a socket is open. */
const STATES = ['OPEN', 'CLOSING', 'CLOSED'];

const isForTrpc = (given: unknown): given is TrpcWebSocketClass =>
  typeof given === 'function' && STATES.every((state) => state in given);

export const findWebSocketClass = (given: WebSocketClass | undefined): unknown =>
  given ?? ('WebSocket' in globalThis ? globalThis.WebSocket : undefined);

/** The class that was given, or the runtime's own. Throws where there is none. */
export function webSocketClass(given: WebSocketClass | undefined): TrpcWebSocketClass {
  const found = findWebSocketClass(given);
  if (isForTrpc(found)) return found;
  const lack =
    found === undefined
      ? 'this runtime has none (Node before 22)'
      : `the one that you passed lacks ${STATES.join(', ')}`;
  throw clientError('connection_failed', {
    message:
      `This stream needs a WebSocket class, and ${lack}. Install \`ws\` and pass its class: ` +
      "import { WebSocket } from 'ws'; createGateway({ baseUrl, apiKey, WebSocket }).",
  });
}
