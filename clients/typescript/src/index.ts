import { createTRPCClient, httpLink, splitLink, type TRPCClient } from '@trpc/client';
import { errorLink } from './error-link.ts';
import { clientError } from './gateway-error.ts';
import { type ChunkStream, readStream, type StreamOptions } from './read-stream.ts';
import type {
  AppRouter,
  ChatCompletionChunk,
  ChatCompletionRequest,
  MessageEvent,
  MessageRequest,
  ResponseEvent,
  ResponseRequest,
} from './router-types.ts';
import { createStreams, type Transport } from './stream-link.ts';
import { createTurns, type Turns } from './turns.ts';
import type { WebSocketClass } from './websocket-class.ts';

export {
  type ClientErrorCode,
  GatewayError,
  type GatewayErrorCode,
  type GatewayErrorType,
  isGatewayError,
} from './gateway-error.ts';
export type { ChunkStream, StreamOptions, TurnOptions } from './read-stream.ts';
export type * from './router-types.ts';
export type { Transport } from './stream-link.ts';
export { type IssuedToken, refreshTokens } from './token-source.ts';
export type { BranchRequest, WatchOptions } from './turns.ts';
export type { WebSocketClass } from './websocket-class.ts';

export interface GatewayOptions {
  /** Where the gateway is, such as `http://127.0.0.1:3000`; a path prefix may follow. */
  readonly baseUrl: string;
  /** A function is asked before each call and each stream, so that a key may expire. */
  readonly apiKey: string | (() => string | Promise<string>);
  /** Default: the runtime's own. Node before 22 has none: pass the class of `ws`, or streams travel over SSE. */
  readonly WebSocket?: WebSocketClass;
  /** Default: the runtime's own. */
  readonly fetch?: typeof fetch;
  /** How long a stream waits for a connection, in ms; it retries meanwhile. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long a turn whose connection is lost tries to go on, in ms. Default 300,000. */
  readonly resumeTimeoutMs?: number;
  /** How streams travel. Default `auto`: over a websocket, and over SSE where websockets cannot be had. */
  readonly transport?: Transport;
}

/**
 * Every procedure of the gateway, such as `gateway.conversations.list.query()` and `gateway.v1.chat.create.mutate()`.
 * Each call is a HTTP request of its own, which `{ signal }` aborts. Throws GatewayError.
 */
export type Gateway = TRPCClient<AppRouter> &
  Turns & {
    /** A stateless completion, chunk by chunk. It is sent once, whatever happens to the connection. */
    streamChat(request: ChatCompletionRequest, options?: StreamOptions): ChunkStream<ChatCompletionChunk>;
    /** The events of a response, as the Responses API names them. */
    streamResponse(request: ResponseRequest, options?: StreamOptions): ChunkStream<ResponseEvent>;
    /** The events of a message, as the Messages API names them. */
    streamMessage(request: MessageRequest, options?: StreamOptions): ChunkStream<MessageEvent>;
    /** Ends the streams that are under way and closes the websocket. A later stream opens another. */
    close(): Promise<void>;
  };

/** `http://host/prefix/` → `http://host/prefix`; in a browser, relative to the page. */
function resolveUrl(baseUrl: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const url = new URL(baseUrl, page);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The gateway answers in JSON, errors too; anything else is an error page of something in between. */
async function fetchJson(send: typeof fetch, input: Parameters<typeof fetch>[0], init: RequestInit): Promise<Response> {
  const response = await send(input, init);
  if (response.headers.get('content-type')?.startsWith('application/json')) return response;
  const { status } = response;
  throw clientError('unexpected_response', {
    status,
    message: `Something that is not the gateway answered, with the HTTP status ${status}.`,
  });
}

export function createGateway(options: GatewayOptions): Gateway {
  const { apiKey, WebSocket, connectTimeoutMs = 10_000, resumeTimeoutMs = 300_000, transport = 'auto' } = options;
  const send = options.fetch ?? globalThis.fetch;
  const baseUrl = resolveUrl(options.baseUrl);
  let closing = new AbortController();

  async function readKey(): Promise<string> {
    if (typeof apiKey === 'string') return apiKey;
    try {
      return await apiKey();
    } catch (cause) {
      throw clientError('key_unavailable', { cause });
    }
  }

  const streams = createStreams({ baseUrl, readKey, WebSocket, fetch: send, connectTimeoutMs, transport });
  const client = createTRPCClient<AppRouter>({
    links: [
      errorLink,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: streams.link,
        // Not batched: a list would wait for the answer of a model, and an abort for everybody in its batch.
        false: httpLink({
          url: `${baseUrl}/trpc`,
          headers: async () => ({ authorization: `Bearer ${await readKey()}` }),
          fetch: (input, init) => fetchJson(send, input, init as RequestInit),
        }),
      }),
    ],
  });

  const own: Omit<Gateway, keyof TRPCClient<AppRouter>> = {
    streamChat: (request, streamOptions: StreamOptions = {}) =>
      readStream((listener) => client.v1.chat.stream.subscribe(request, listener), streamOptions),
    ...createTurns({ client, resumeTimeoutMs, closing: () => closing.signal }),
    streamResponse: (request, streamOptions: StreamOptions = {}) =>
      readStream((listener) => client.v1.responses.stream.subscribe(request, listener), streamOptions),
    streamMessage: (request, streamOptions: StreamOptions = {}) =>
      readStream((listener) => client.v1.messages.stream.subscribe(request, listener), streamOptions),
    async close() {
      closing.abort();
      closing = new AbortController();
      await streams.close();
    },
  };
  return new Proxy(client, {
    get: (target, key) => Reflect.get(Object.hasOwn(own, key) ? own : target, key),
  }) as Gateway;
}
