import type { RunStatus } from '../../../contracts/runs/run.ts';
import type { Json } from '../../canonical/json.ts';

/** How a run ended. The end has no number: everybody who follows the run is told it, as often as they ask. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, 'in_progress'>;
  /** The error that followers get after the last event; undefined when the run completed. */
  readonly failure?: unknown;
  /** The number of the last event; -1 when there is none. */
  readonly last: number;
}

/** A piece of a log that is on disk, as `packEvents` writes it. */
export interface LiveSegment {
  readonly first: number;
  readonly count: number;
  readonly packed: Uint8Array;
}

/** Reads some of the segments that hold the events after a number from disk, in order; none when they are gone. */
export type ReadOlder = (after: number) => Promise<readonly LiveSegment[]>;

/** The log of a run that is in progress. Its events are numbered from 0 by their position. */
export interface LiveLog<Event extends object> {
  /** The number that the next event gets. */
  readonly next: number;
  /** How it ended; null while it is in progress. */
  readonly end: RunEnd | null;
  append(events: readonly Json<Event>[]): void;
  /** How many watchers follow the run now. */
  readonly followers: number;
  /** The events that are not on disk yet, and the number of the first of them. */
  readonly tail: { readonly first: number; readonly events: readonly Json<Event>[] };
  /** Records that the first events of the tail are on disk now. */
  settle(segment: LiveSegment): void;
  finish(end: RunEnd): void;
  /**
   * The events after a number in batches, then new events as they come. After the last event it throws the error of the
   * run, if it failed. It ends early when the signal aborts. A follower holds a number and nothing else, so nothing is
   * buffered for a slow one.
   */
  follow(after: number, signal: AbortSignal): AsyncGenerator<Json<Event>[], void, void>;
}

/** The runs in progress, as the processes that share this object know them. */
export interface LiveRuns {
  /** `readOlder` reads what is on disk of the run: a log keeps only its latest events in memory. */
  open<Event extends object>(id: string, readOlder: ReadOlder): LiveLog<Event>;
  /** The log of a run. The run's row tells which type its events have (`format`). */
  find<Event extends object>(id: string): LiveLog<Event> | null;
  /** Forgets a run that has ended. Its followers still get the rest. */
  remove(id: string): void;
}
