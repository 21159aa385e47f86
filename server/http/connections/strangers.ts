import type { Socket } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import { addressGroup } from '../../features/access/address-group.ts';
import { answerOf } from '../answer-of.ts';
import { answerOnSocket } from '../hooks/client-error.ts';

/**
 * The connections that have not shown a valid key, by the address that they come from. When one address has too many,
 * the one that has waited longest makes room: so a flood of silent connections ends, and a client with a key that comes
 * from the same address gets in all the same. A connection that showed a key is not counted any more; this is why the
 * clients behind a reverse proxy, which share an address, need no exception.
 */
export class Strangers {
  readonly #most: number;
  readonly #byAddress = new Map<string, Set<Socket>>();

  /** `most` of 0 switches the limit off. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Returns what takes the connection out again: it showed a key, has become something else, or is closed. */
  add(socket: Socket): () => void {
    const address = addressGroup(socket.remoteAddress ?? '');
    const sockets = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, sockets.add(socket));
    const [longest] = sockets;
    if (this.#most > 0 && sockets.size > this.#most && longest) {
      sockets.delete(longest);
      this.#drop(longest);
    }
    return () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#byAddress.get(address) === sockets) this.#byAddress.delete(address);
    };
  }

  #drop(socket: Socket): void {
    const message = `More than ${this.#most} connections of this address have not shown a valid key (CONNECTIONS_WITHOUT_KEY).`;
    if (answerOf(socket)) socket.destroy();
    else answerOnSocket(socket, new AppError('rate_limit_exceeded', message, { retryAfter: 10 }));
  }
}
