import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Credentials, readCredentials } from '../../features/access/credentials.ts';
import type { Progress } from './progress.ts';

export const noop = () => {};

/** What is known about one client's connection. All requests on it share this, so none of them finds it out again. */
export class ClientConnection {
  readonly socket: Socket;
  /** Call it when the client has shown a valid key. */
  becomeKnown = noop;
  /** Call it when the connection changes from HTTP to the websocket protocol. */
  leaveHttp = noop;
  /** The last request whose head was read; null when its body is known to be complete. */
  request: IncomingMessage | null = null;
  /** The answers that wait behind another one, to requests that came before that one was answered. */
  readonly queued = new Set<ServerResponse>();
  /**
   * The progress of the body that is being received, and of the response that waits to be taken. Null while there is
   * none.
   */
  upload: Progress | null = null;
  download: Progress | null = null;
  /**
   * Aborts when the connection closes. While a request is in progress, this means that the client disconnected before
   * the response was complete. (`request.raw` closes as soon as the body was read.)
   */
  readonly signal: AbortSignal;
  #authorization: string | undefined;
  #apiKey: string | string[] | undefined;
  #azureKey: string | string[] | undefined;
  #credentials: Credentials | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    const controller = new AbortController();
    socket.once('close', () => controller.abort());
    this.signal = controller.signal;
  }

  /**
   * The keys that a request shows. Most requests show the same key as the one before on the same connection, so the
   * hash is kept. The comparison is with what this very client sent, so its timing reveals nothing to the client.
   */
  credentials(headers: IncomingHttpHeaders): Credentials {
    const { authorization, 'x-api-key': apiKey, 'api-key': azureKey } = headers;
    const isSame = authorization === this.#authorization && apiKey === this.#apiKey && azureKey === this.#azureKey;
    if (this.#credentials && isSame) return this.#credentials;
    this.#credentials = readCredentials(headers);
    this.#authorization = authorization;
    this.#apiKey = apiKey;
    this.#azureKey = azureKey;
    return this.#credentials;
  }
}

const connections = new WeakMap<Socket, ClientConnection>();

export function connectionOf(socket: Socket): ClientConnection {
  let connection = connections.get(socket);
  if (!connection) {
    connection = new ClientConnection(socket);
    connections.set(socket, connection);
  }
  return connection;
}
