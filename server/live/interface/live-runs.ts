import type { RunStatus } from '../../../contracts/runs/run.ts';
import type { Json } from '../../canonical/json.ts';

/** How a run ended. It has no number, and is told to everybody who asks, as often as they ask. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, 'in_progress'>;
  /** What watchers are told, after the last event; undefined when it completed. */
  readonly failure?: unknown;
  /** The number of the last event; -1: there is none. */
  readonly last: number;
}

/** A piece of a log that is on disk, as `packEvents` makes it. */
export interface LiveSegment {
  readonly first: number;
  readonly count: number;
  readonly packed: Uint8Array;
}

/** The log of a run that is in progress. Its events are numbered from 0, by their place. */
export interface LiveLog<Event extends object> {
  /** The number that the next event gets. */
  readonly next: number;
  /** How it ended; null while it is in progress. */
  readonly end: RunEnd | null;
  append(events: readonly Json<Event>[]): void;
  /** How many follow it now. */
  readonly followers: number;
  /** The events that are not on disk, and the number of the first of them. */
  readonly tail: { readonly first: number; readonly events: readonly Json<Event>[] };
  /** Says that the first events of the tail are on disk now. */
  settle(segment: LiveSegment): void;
  finish(end: RunEnd): void;
  /**
   * The events after a number in batches, then those to come as they come. Throws what the run failed with, after the
   * last event; ends early with the signal. Whoever follows holds a number and nothing else: a slow one is buffered
   * nowhere.
   */
  follow(after: number, signal: AbortSignal): AsyncGenerator<Json<Event>[], void, void>;
}

/** The runs in progress, as the processes that share this know them. */
export interface LiveRuns {
  open<Event extends object>(id: string): LiveLog<Event>;
  /** Which kind of events it has, the row of the run says (`format`). */
  find<Event extends object>(id: string): LiveLog<Event> | null;
  /** Forgets a run that has ended; those who follow it get the rest. */
  remove(id: string): void;
}
