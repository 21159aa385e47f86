import { Json } from '../../canonical/json.ts';
import { unpackEvents } from '../../canonical/pack-events.ts';
import { AppError } from '../../errors/app-error.ts';
import { throwReason } from '../../errors/stop-reason.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { LiveLog, LiveSegment, ReadOlder, RunEnd } from '../interface/live-runs.ts';

/** How many bytes of the events on disk one batch holds. */
const BATCH_BYTES = 64 * 1024;
/** How many bytes of packed events stay in memory. Who is further behind reads them from disk. */
const KEPT_BYTES = 256 * 1024;

/**
 * A log in the memory of one process: the tail as the objects that came, which all followers share, and the latest packed
 * segments.
 */
export class MemoryLog<Event extends object> implements LiveLog<Event> {
  readonly #segments: LiveSegment[] = [];
  readonly #readOlder: ReadOlder;
  #keptBytes = 0;
  #tail: Json<Event>[] = [];
  #tailFirst = 0;
  #end: RunEnd | null = null;
  #followers = 0;
  readonly #waiting = new Set<() => void>();

  constructor(readOlder: ReadOlder) {
    this.#readOlder = readOlder;
  }

  get next(): number {
    return this.#tailFirst + this.#tail.length;
  }

  get end(): RunEnd | null {
    return this.#end;
  }

  get followers(): number {
    return this.#followers;
  }

  get tail(): LiveLog<Event>['tail'] {
    return { first: this.#tailFirst, events: this.#tail };
  }

  append(events: readonly Json<Event>[]): void {
    for (const event of events) this.#tail.push(event);
    this.#wake();
  }

  settle(segment: LiveSegment): void {
    this.#segments.push(segment);
    this.#keptBytes += segment.packed.length;
    while (this.#segments.length > 0 && this.#keptBytes > KEPT_BYTES) {
      this.#keptBytes -= this.#segments.shift()?.packed.length ?? 0;
    }
    this.#tail = this.#tail.slice(segment.count);
    this.#tailFirst += segment.count;
  }

  finish(end: RunEnd): void {
    this.#end = end;
    this.#wake();
  }

  /**
   * Waits with a callback that is removed again. A race with a promise that never settles would keep memory for every
   * turn of the loop.
   */
  async *follow(after: number, signal: AbortSignal): AsyncGenerator<Json<Event>[], void, void> {
    let wake = () => {};
    const stop = () => wake();
    signal.addEventListener('abort', stop);
    this.#followers += 1;
    try {
      for (let at = after + 1; !signal.aborted; ) {
        if (at < this.#firstKept) {
          for await (const older of this.#older(at)) {
            at += older.length;
            yield older;
            // The database and a fast reader never make us wait, and everybody else would.
            await nextTurn();
            if (signal.aborted) break;
          }
          continue;
        }
        const events = this.#read(at);
        at += events.length;
        if (events.length > 0) yield events;
        else if (this.#end) return throwFailure(this.#end);
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
            this.#waiting.add(resolve);
          });
          this.#waiting.delete(wake);
        }
      }
      throwReason(signal);
    } finally {
      this.#followers -= 1;
      signal.removeEventListener('abort', stop);
    }
  }

  get #firstKept(): number {
    return this.#segments[0]?.first ?? this.#tailFirst;
  }

  /** Some of the events from a number on that are no longer in memory. Throws `run_log_expired`. */
  async *#older(from: number): AsyncGenerator<Json<Event>[], void, void> {
    const segments = await this.#readOlder(from - 1);
    if (segments.length === 0) throw new AppError('run_log_expired', undefined, { param: 'run_id' });
    let at = from;
    for (const { first, packed } of segments) {
      const events = unpackEvents(packed).slice(at - first);
      at += events.length;
      if (events.length > 0) yield events.map((event) => Json.ofBytes<Event>(event));
    }
  }

  #read(from: number): Json<Event>[] {
    if (from >= this.#tailFirst) return this.#tail.slice(from - this.#tailFirst);
    const start = this.#segments.findLastIndex(({ first }) => first <= from);
    const read: Json<Event>[] = [];
    let bytes = 0;
    for (const { first, packed } of this.#segments.slice(start)) {
      for (const [i, event] of unpackEvents(packed).entries()) {
        if (first + i < from) continue;
        read.push(Json.ofBytes(event));
        bytes += event.length;
      }
      if (bytes > BATCH_BYTES) break;
    }
    return read;
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

function throwFailure({ failure }: RunEnd): void {
  if (failure !== undefined) throw failure;
}
