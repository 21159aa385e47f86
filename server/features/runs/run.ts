import type { Json } from '../../canonical/json.ts';
import { packEvents } from '../../canonical/pack-events.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { LiveLog, RunEnd } from '../../live/interface/live-runs.ts';
import type { NewSegment, RunLogEnd } from '../../store/interface/runs.ts';
import type { BegunTurn } from '../../store/interface/turns.ts';
import type { Caller } from '../access/caller.ts';
import type { DetachedCaller } from './detached-caller.ts';

/** How far the store may be behind: so many ms, and so many bytes of text. */
const BEHIND_MS = 1_000;
const BEHIND_BYTES = 4 * 1024;
/** The least that stands around the text of an event which is not known to be plain text. */
const ENVELOPE_BYTES = 100;
/** A run waits for the store when this many bytes are not written yet, because no reader slows it down. */
const MAX_TAIL_BYTES = 256 * 1024;
/** The most bytes of a segment with several events. Whoever reads the log holds one segment at a time. */
const SEGMENT_BYTES = 128 * 1024;
/** A run with more bytes than this takes much memory when its end is stored. */
const LONG_BYTES = 1024 * 1024;

/** How the making of an answer ended. */
export interface RunOutcome<Event extends object> {
  readonly status: RunEnd['status'];
  /** The error that stopped the run; undefined when the answer is complete. */
  readonly failure?: unknown;
  /** Whether the last events report the failure. It is then not reported again. */
  readonly isTold?: boolean;
  /** Events that are sent only after the answer is stored. */
  readonly last?: readonly Json<Event>[];
  /** Whether storing it needs much memory. One such outcome is then stored after the other. */
  readonly isLong?: boolean;
  /** Stores the answer and the rest of the log, in one transaction. */
  store(log: RunLogEnd): Promise<void>;
  /** The failure as the watchers get it, after the answer is stored. */
  explain?(failure: unknown): unknown;
}

export interface RunOptions<Event extends object> {
  readonly begun: BegunTurn['run'];
  readonly conversationId: string | null;
  readonly detached: DetachedCaller;
  readonly log: LiveLog<Event>;
  readonly maxBytes: number;
  /** Writes the log of this run. Resolves when that succeeded or failed. */
  readonly flush: () => Promise<void>;
}

/** The bytes of events, in the pieces that become segments. */
function cutEvents(events: readonly { readonly bytes: Buffer }[]): Buffer[][] {
  const pieces: Buffer[][] = [];
  let size = SEGMENT_BYTES;
  for (const { bytes } of events) {
    if (size + bytes.length > SEGMENT_BYTES) {
      pieces.push([]);
      size = 0;
    }
    pieces.at(-1)?.push(bytes);
    size += bytes.length;
  }
  return pieces;
}

/** An answer that this process makes, whether a client listens or not. */
export class Run<Event extends object = object> {
  readonly id: string;
  readonly conversationId: string | null;
  readonly log: LiveLog<Event>;
  readonly startedAt = monotonicNow();
  readonly #options: RunOptions<Event>;
  #bytes = 0;
  #tailBytes = 0;
  #textBytes = 0;
  #hasHeaders = false;
  #dueAt = monotonicNow() + BEHIND_MS;
  /** Resolves when it has ended. */
  ended: Promise<void> = Promise.resolve();
  /** Resolves when the write in progress has succeeded or failed; null while there is none. */
  writing: Promise<void> | null = null;

  constructor(options: RunOptions<Event>) {
    this.#options = options;
    this.id = options.begun.id;
    this.conversationId = options.conversationId;
    this.log = options.log;
  }

  /** Whether the client has disconnected and no watcher follows the run. */
  get isAbandoned(): boolean {
    return this.#options.detached.isLeft && this.log.followers === 0;
  }

  get caller(): Caller {
    return this.#options.detached.caller;
  }

  /** Headers of the answer, for those who watch from elsewhere. */
  get headers(): Readonly<Record<string, string>> {
    return this.#options.detached.headers;
  }

  stop(reason: unknown): void {
    this.#options.detached.stop(reason);
  }

  /** Adds to the log. What it returns is to be waited for before more comes. Throws `run_limit_exceeded`. */
  append(events: readonly Json<Event>[]): Promise<void> | null {
    this.#options.detached.freeze();
    for (const event of events) {
      const { length } = event.bytes;
      this.#tailBytes += length;
      this.#textBytes += event.textBytes ?? Math.max(1, length - ENVELOPE_BYTES);
      this.#bytes += length;
    }
    this.log.append(events);
    if (this.#bytes > this.#options.maxBytes) {
      throw new AppError(
        'run_limit_exceeded',
        `The answer is larger than ${this.#options.maxBytes} bytes (RUN_MAX_BYTES).`,
      );
    }
    return this.#tailBytes > MAX_TAIL_BYTES ? this.#options.flush() : null;
  }

  isDue(now: number): boolean {
    if (this.writing || this.log.tail.events.length === 0) return false;
    return now >= this.#dueAt || this.#textBytes >= BEHIND_BYTES;
  }

  /** The events that are not on disk yet, packed, and behind them those that end the run. */
  takeSegments(last: readonly Json<Event>[] = []): NewSegment[] {
    const { first, events } = this.log.tail;
    if (events.length + last.length === 0) return [];
    this.#dueAt = monotonicNow() + BEHIND_MS;
    this.#tailBytes = 0;
    this.#textBytes = 0;
    const runKey = this.#options.begun.key;
    const headers = this.#hasHeaders ? null : JSON.stringify(this.headers);
    let next = first;
    return cutEvents([...events, ...last]).map((piece, i) => {
      const at = next;
      next += piece.length;
      return { runKey, first: at, count: piece.length, packed: packEvents(piece), headers: i === 0 ? headers : null };
    });
  }

  /** Whether storing the end of the run takes much memory. */
  isLongWith(last: readonly Json<Event>[]): boolean {
    return this.#bytes > LONG_BYTES && last.length > 0;
  }

  /** Notes that a segment is on disk. */
  settle(segment: NewSegment): void {
    this.#hasHeaders = true;
    this.log.settle(segment);
  }
}
