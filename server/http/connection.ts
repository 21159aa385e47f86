import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { hashKey, readKey } from '../features/access/gate.ts';

/** What is known of one client's connection: one for all its requests, which saves each of them the finding out. */
class Connection {
  /**
   * Aborts when the connection closes: while a request is under way, that is the client leaving before the answer is
   * complete. (`request.raw` closes as soon as the body was read.)
   */
  readonly signal: AbortSignal;
  #authorization: string | undefined;
  #apiKey: string | string[] | undefined;
  #keyHash: Buffer | null = null;

  constructor(socket: Socket) {
    const controller = new AbortController();
    socket.once('close', () => controller.abort());
    this.signal = controller.signal;
  }

  /**
   * The hash of the key that a request shows; null without one. Most show the same key as the request before, on the
   * same connection: what is compared then is what this very client said, so how long it takes tells it nothing.
   */
  keyHash(headers: IncomingHttpHeaders): Buffer | null {
    const { authorization, 'x-api-key': apiKey } = headers;
    if (this.#keyHash && authorization === this.#authorization && apiKey === this.#apiKey) return this.#keyHash;
    const key = readKey(headers);
    this.#keyHash = key === null ? null : hashKey(key);
    this.#authorization = authorization;
    this.#apiKey = apiKey;
    return this.#keyHash;
  }
}

const connections = new WeakMap<Socket, Connection>();

export function connectionOf(socket: Socket): Connection {
  let connection = connections.get(socket);
  if (!connection) {
    connection = new Connection(socket);
    connections.set(socket, connection);
  }
  return connection;
}
