import type { MessageStatus } from '../../../contracts/conversations/status.ts';

/**
 * What the events of a run's log are: chunks of a chat completion or one whole completion (`/c1`), events of a response or
 * one whole response (`/v1/responses`).
 */
export type RunFormat = 'chunks' | 'completion' | 'events' | 'response';

/** A piece of a log, as `packEvents` makes it. */
export interface RunSegment {
  /** The number of its first event, and how many there are. */
  readonly first: number;
  readonly count: number;
  readonly packed: Uint8Array;
}

/** A segment that goes to the store. */
export interface NewSegment extends RunSegment {
  readonly runKey: number;
  /** JSON text, with the first segment. */
  readonly headers: string | null;
}

/** How the log of a run ends. */
export interface RunLogEnd {
  /** What is not in the store yet. */
  readonly segment: NewSegment | null;
  /** JSON text of the contract's `RunFailure`; null when it completed. */
  readonly error: string | null;
  /** The number of the last event; -1: there is none. */
  readonly last: number;
}

export interface RunRow {
  /** What its segments refer to. */
  readonly key: number;
  readonly id: string;
  readonly conversationId: string | null;
  readonly status: MessageStatus;
  readonly format: RunFormat;
  /** JSON texts, as above. */
  readonly headers: string | null;
  readonly error: string | null;
  readonly last: number;
  /** False once its log was removed. */
  readonly isKept: boolean;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** Who asks for a run: as in `NewTurn`. */
export interface RunViewer {
  readonly owner: string | null;
  readonly userId?: string | null;
}

/** Runs and their logs. A run begins and ends with its turn: see `beginTurn` and `endTurn`. */
export interface RunStore {
  /**
   * One whose conversation is visible by that key (without `userId`: to whichever end user); null when there is none. A run whose process is gone is ended first, as
   * `incomplete`, with the text that is in its log.
   */
  find(id: string, viewer: RunViewer): Promise<RunRow | null>;
  /** The same, for who has found it before. */
  findByKey(runKey: number): Promise<RunRow | null>;
  /** Those of a conversation that are in progress, the oldest first. */
  listInProgress(conversationId: string): Promise<readonly RunRow[]>;
  /** Adds to logs, with one commit. Gives the keys of the runs that were deleted meanwhile: nothing of them is kept. */
  append(segments: readonly NewSegment[]): Promise<readonly number[]>;
  /** Some of the segments that hold what follows a number, in order; none when nothing does. */
  read(runKey: number, after: number): Promise<readonly RunSegment[]>;
  /** Asks the process that makes the answer, whichever it is, to stop. */
  cancel(runKey: number): Promise<void>;
  /** The ids of this process's runs that another one wants stopped. */
  listCancelled(): Promise<readonly string[]>;
  /** Removes the logs of some runs that ended before a time, with one commit. False when there are none left. */
  sweep(endedBefore: Date): Promise<boolean>;
}
