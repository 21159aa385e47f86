import type { MessageStatus } from '../../../contracts/conversations/status.ts';
import type { RunFormat, RunLogEnd, RunRow } from './runs.ts';

/** A request that its client may send again, and that is to be answered once. */
export interface Claim {
  /** SHA-256 of the owner, the operation and the key, in hex. */
  readonly id: string;
  /** SHA-256 of the request, in hex. */
  readonly hash: string;
  /** Claims from before this time count no more. */
  readonly since: Date;
}

/** The run that answers a claimed request. */
export interface ClaimedRun {
  readonly run: RunRow;
  /** The hash of the request that it answers. */
  readonly hash: string;
}

/** A run of which nothing but the log is stored. */
export interface NewAnswer {
  readonly claim: Claim;
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
  readonly format: RunFormat;
}

export interface EndedAnswer {
  readonly runKey: number;
  readonly status: Exclude<MessageStatus, 'in_progress'>;
  readonly log: RunLogEnd;
  /** False: the log is too large to be given again, and what is not on disk yet is not written. */
  readonly isKept: boolean;
}

/**
 * Which run answers which claimed request. A turn takes its claim in the transaction that begins it (`NewTurn.claim`). A claim
 * is free again when nothing came of its run: when that failed, or its process died, before the upstream gave anything. It
 * goes with its run, so nothing of it outlives a deleted conversation.
 */
export interface ClaimStore {
  /** Null: the claim is free. */
  find(claim: Claim): Promise<ClaimedRun | null>;
  /** Begins a run without a conversation. Throws `idempotency_in_progress` when another run has the claim. */
  begin(answer: NewAnswer): Promise<{ readonly id: string; readonly key: number }>;
  /** Stores how it ended, with the rest of its log. Throws `service_unavailable` as `endTurn` does. */
  end(answer: EndedAnswer): Promise<void>;
  /** Takes a run back as if it had never been. Never throws: while the database fails, it is tried again. */
  drop(runKey: number): Promise<void>;
  /** Removes some claims from before a time, with the runs that are there for them alone. False when there are none left. */
  sweep(before: Date): Promise<boolean>;
}
