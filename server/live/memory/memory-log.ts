import { Json } from '../../canonical/json.ts';
import { unpackEvents } from '../../canonical/pack-events.ts';
import { throwReason } from '../../errors/stop-reason.ts';
import type { LiveLog, LiveSegment, RunEnd } from '../interface/live-runs.ts';

/** How many bytes of the events on disk one batch holds. */
const BATCH_BYTES = 64 * 1024;

/**
 * A log in the memory of one process: the tail as the objects that came, which all followers share, and packed
 * segments.
 */
export class MemoryLog<Event extends object> implements LiveLog<Event> {
  readonly #segments: LiveSegment[] = [];
  #tail: Json<Event>[] = [];
  #tailFirst = 0;
  #end: RunEnd | null = null;
  #followers = 0;
  readonly #waiting = new Set<() => void>();

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
