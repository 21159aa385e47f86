import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Json } from '../canonical/json.ts';
import { stopReason, throwReason } from '../errors/stop-reason.ts';
import type { Socket } from './context.ts';

interface TrackedStreamOptions<Chunk extends object> {
  /** The websocket of the call; undefined for other transports. */
  readonly socket: Socket | undefined;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Gives the name of each event on REST. Absent: events have no names, and `[DONE]` follows the last one. */
  readonly eventName?: (event: Json<Chunk>) => string;
  /** What REST sends while there is nothing else to send. Absent: a comment. */
  readonly ping?: Json<Chunk>;
  /**
   * The number of the first event, when the events are those of a run; REST then sends the numbers too. Absent: the
   * stream is not that of a run.
   */
  readonly first?: number;
  /** The number of the first event for a subscriber that resumes a stream which is not that of a run. Default 0. */
  readonly from?: number;
  /** Whether a run begins with the stream, so that its name comes before its first event. Default false. */
  readonly beginsRun?: boolean;
}

/**
 * A stream of chunks as a subscription. A websocket gets each chunk as a tracked event; REST takes the batches and
 * sends their bytes. `show` makes what subscribers see of a chunk.
 */
export class TrackedStream<Chunk extends object, Shown> implements AsyncIterable<TrackedEnvelope<Shown>> {
  readonly batches: AsyncGenerator<Json<Chunk>[], void, void>;
  readonly eventName: ((event: Json<Chunk>) => string) | undefined;
  readonly ping: Json<Chunk> | undefined;
  readonly #show: (chunk: Chunk) => Shown;
  readonly #options: TrackedStreamOptions<Chunk>;

  constructor(
    batches: AsyncGenerator<Json<Chunk>[], void, void>,
    show: (chunk: Chunk) => Shown,
    options: TrackedStreamOptions<Chunk>,
  ) {
    this.eventName = options.eventName;
    this.ping = options.ping;
    this.batches = batches;
    this.#show = show;
    this.#options = options;
  }

  /** Aborts when the subscriber has gone, or the key was revoked. */
  get signal(): AbortSignal {
    return this.#options.signal;
  }

  get beginsRun(): boolean {
    return this.#options.beginsRun ?? false;
  }

  get firstId(): number | undefined {
    return this.#options.first;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrackedEnvelope<Shown>, void, void> {
    const { socket, signal, from = 0, first = from } = this.#options;
    let id = first;
    try {
      // Whoever waits for a slow client holds no events meanwhile: of a stored run they are read when there is room.
      while (await hasRoom(socket, signal)) {
        const next = await this.batches.next();
        if (next.done) return;
        for (const chunk of next.value) {
          if (!(await hasRoom(socket, signal))) return;
          yield tracked(String(id++), this.#show(chunk.toValue()));
        }
      }
    } catch (error) {
      throw stopReason(signal, error);
    } finally {
      await this.batches.return();
    }
  }
}

/** Resolves when the client can be sent more; to false when it is gone. Throws the reason for which we stopped the call. */
async function waitForRoom(socket: Socket, signal: AbortSignal): Promise<boolean> {
  const isThere = await socket.drained(signal);
  throwReason(signal);
  return isThere;
}

const hasRoom = (socket: Socket | undefined, signal: AbortSignal): boolean | Promise<boolean> =>
  socket?.isFull ? waitForRoom(socket, signal) : true;
