import type { MessageStatus } from '../../../contracts/conversations/status.ts';

/**
 * What the events of a run's log are: chunks of a chat completion or one whole completion, events of a response or one whole
 * response (`/v1/responses`), events or one whole answer of any other surface.
 */
export type RunFormat = 'chunks' | 'completion' | 'events' | 'response' | 'stream' | 'answer';

/** A piece of a log, as `packEvents` writes it. */
export interface RunSegment {
  /** The number of its first event, and how many events it has. */
  readonly first: number;
  readonly count: number;
  readonly packed: Uint8Array;
}

/** A segment to be stored. */
export interface NewSegment extends RunSegment {
  readonly runKey: number;
  /** The headers of the response, as JSON text. Only the first segment has them. */
  readonly headers: string | null;
}

/** How the log of a run ends. */
export interface RunLogEnd {
  /** The events that are not stored yet, in order. */
  readonly segments: readonly NewSegment[];
  /** JSON text of the contract's `RunFailure`; null when the run completed. */
  readonly error: string | null;
  /** The number of the last event; -1: there is none. */
  readonly last: number;
}

export interface RunRow {
  /** The key that the segments of the log refer to. */
  readonly key: number;
  readonly id: string;
  readonly conversationId: string | null;
  readonly status: MessageStatus;
  readonly format: RunFormat;
  /** JSON text, as above. */
  readonly headers: string | null;
  readonly error: string | null;
  readonly last: number;
  /** False when the log was removed. */
  readonly isKept: boolean;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** Who asks for a run; the fields are as in `NewTurn`. */
export interface RunViewer {
  readonly owner: string | null;
  readonly userId?: string | null;
}

/** Runs and their logs. A run begins and ends with its turn: see `beginTurn` and `endTurn`. */
export interface RunStore {
  /**
   * A run of a conversation that the viewer can see; without `userId`, conversations of every end user count. Null when
   * there is none. A run whose process is gone is ended first, as `incomplete`, with the text in its log.
   */
  find(id: string, viewer: RunViewer): Promise<RunRow | null>;
  /** The same run by its key, for callers that have found it before. */
  findByKey(runKey: number): Promise<RunRow | null>;
  /** The runs of a conversation that are in progress, oldest first. */
  listInProgress(conversationId: string): Promise<readonly RunRow[]>;
  /** Those of some conversations in which an answer is in progress. */
  inProgressAmong(conversationIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Adds segments to logs, with one commit. Returns the keys of runs that were deleted meanwhile; nothing of them is
   * stored.
   */
  append(segments: readonly NewSegment[]): Promise<readonly number[]>;
  /** Some of the segments that hold the events after a number, in order; none when there are no such events. */
  read(runKey: number, after: number): Promise<readonly RunSegment[]>;
  /** Asks the process that runs it, whichever it is, to stop. */
  cancel(runKey: number): Promise<void>;
  /** The ids of this process's runs that should be stopped, because a process asked for it. */
  listCancelled(): Promise<readonly string[]>;
  /**
   * Removes the logs of some runs that ended before a time, with one commit, but for those that a claim refers to. False when
   * there are none left.
   */
  sweep(endedBefore: Date): Promise<boolean>;
}
