import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { answerOf } from '../answer-of.ts';
import type { ClientConnection } from './connection.ts';
import { takenBytes } from './slow-transfers.ts';

const TICK_MS = 250;

interface Waiting {
  /** How many bytes the client had read at the last look, and since when that has not changed. */
  taken: number;
  movedAt: number;
  /** How many bytes wait for the client. */
  unsent: number;
}

/** How many bytes wait on a connection: those of the answer that is being sent, and of the answers behind it. */
const unsentOn = ({ socket, queued }: ClientConnection): number => {
  let bytes = socket.writableLength;
  // The bytes of the answer whose turn it is wait in the socket, so they are counted already.
  for (const answer of queued) if (answer !== answerOf(socket)) bytes += answer.writableLength;
  return bytes;
};

/**
 * Limits the memory that the answers of all slow clients take together, because many slow clients with long answers would
 * fill it. Beyond the limit, it disconnects the clients that have read nothing for longest. A client with no more than an
 * equal share stays.
 */
export class UnsentBytes {
  readonly #most: number;
  readonly #connections = new Map<ClientConnection, Waiting | null>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onDrop: (count: number) => void;

  /** `most` is in bytes; 0: any number. `onDrop` receives how many clients were disconnected at once. */
  constructor(most: number, onDrop: (count: number) => void) {
    this.#most = most;
    this.#onDrop = onDrop;
    if (most > 0) this.#timer = setInterval(() => this.#look(monotonicNow()), TICK_MS).unref();
  }

  add(connection: ClientConnection): void {
    this.#connections.set(connection, null);
  }

  remove(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    let total = 0;
    for (const [connection, known] of this.#connections) {
      const unsent = unsentOn(connection);
      total += unsent;
      if (unsent > 0) this.#note(connection, { unsent, now });
      else if (known) this.#connections.set(connection, null);
    }
    if (total > this.#most) this.#drop(total);
  }

  #note(connection: ClientConnection, { unsent, now }: { readonly unsent: number; readonly now: number }): void {
    const taken = takenBytes(connection.socket);
    const known = this.#connections.get(connection);
    if (!known) this.#connections.set(connection, { taken, movedAt: now, unsent });
    else {
      if (known.taken !== taken) known.movedAt = now;
      known.taken = taken;
      known.unsent = unsent;
    }
  }

  #drop(total: number): void {
    const waiting = [...this.#connections].flatMap(([connection, known]) => (known ? [{ connection, ...known }] : []));
    const share = this.#most / waiting.length;
    const heavy = waiting
      .filter(({ unsent }) => unsent > share)
      .sort((one, other) => one.movedAt - other.movedAt || other.unsent - one.unsent);
    let left = total;
    let count = 0;
    for (const { connection, unsent } of heavy) {
      if (left <= this.#most) break;
      left -= unsent;
      count += 1;
      connection.socket.destroy();
    }
    this.#onDrop(count);
  }
}
