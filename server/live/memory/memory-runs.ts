import type { LiveLog, LiveRuns, ReadOlder } from '../interface/live-runs.ts';
import { MemoryLog } from './memory-log.ts';

/** The runs of this process only. */
export class MemoryRuns implements LiveRuns {
  readonly #logs = new Map<string, LiveLog<object>>();

  open<Event extends object>(id: string, readOlder: ReadOlder): LiveLog<Event> {
    const log = new MemoryLog<Event>(readOlder);
    this.#logs.set(id, log);
    return log;
  }

  find<Event extends object>(id: string): LiveLog<Event> | null {
    // One map holds logs of every event type; the caller knows the type.
    const log = this.#logs.get(id) as LiveLog<Event> | undefined;
    return log ?? null;
  }

  remove(id: string): void {
    this.#logs.delete(id);
  }
}
