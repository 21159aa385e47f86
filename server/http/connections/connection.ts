import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Credentials, readCredentials } from '../../features/access/credentials.ts';
import type { Progress } from './progress.ts';

const noop = () => {};

/** What is known of one client's connection: one for all its requests, which saves each of them the finding out. */
export class ClientConnection {
  readonly socket: Socket;
  /** To be called when the client has shown a valid key. */
  becomeKnown = noop;
  /** To be called when the connection speaks HTTP no more, but a websocket's protocol. */
  leaveHttp = noop;
  /** The last one whose head was read; null when its body is known to be complete. */
  request: IncomingMessage | null = null;
  /** Of the body that is being received, and of the answer that waits to be taken; null while there is none. */
  upload: Progress | null = null;
  download: Progress | null = null;
  /**
   * Aborts when the connection closes: while a request is under way, that is the client leaving before the answer is
   * complete. (`request.raw` closes as soon as the body was read.)
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
   * The keys that a request shows. Most show the same as the request before, on the same connection: what is compared
   * then is what this very client said, so how long it takes tells it nothing.
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
