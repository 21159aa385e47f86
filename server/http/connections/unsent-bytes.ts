import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { answerOf } from '../answer-of.ts';
import type { ClientConnection } from './connection.ts';
import { takenBytes } from './slow-transfers.ts';

const TICK_MS = 250;

interface Waiting {
  /** What the client had taken when it was last looked at, and since when that has not changed. */
  taken: number;
  movedAt: number;
  unsent: number;
}

/** What waits to be taken on a connection: of the answer that is being sent, and of those behind it. */
const unsentOn = ({ socket, queued }: ClientConnection): number => {
  let bytes = socket.writableLength;
  // Once it is an answer's turn, what waits of it waits in the socket.
  for (const answer of queued) if (answer !== answerOf(socket)) bytes += answer.writableLength;
  return bytes;
};

/**
 * Limits the memory of all answers that wait for slow clients together. Each client may take its time, but many of them
 * with long answers would fill the memory: then those are disconnected that have taken nothing for longest. A client that
 * holds no more than its share stays: it is not what fills the memory.
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
