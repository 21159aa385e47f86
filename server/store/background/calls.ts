import type { Fork } from '../fork-path.ts';
import type { FilledMessage } from '../insert-messages.ts';
import type { ConversationKey, Erased, RemovedBranch } from '../interface/conversations.ts';
import type { ImportedConversation } from '../interface/imports.ts';
import type { BegunTurn } from '../interface/turns.ts';
import type { UsageRow, UsageSum, UsageTimes, UsageTimesShape } from '../interface/usage.ts';
import type { LongText } from '../long-texts.ts';
import type { RunningBranch } from '../remove-branch.ts';
import type { SearchPage, SearchRequest } from '../search/search-page.ts';
import type { DaySpend } from '../spend-by-day.ts';
import type { ListRequest } from '../usage-list.ts';
import type { SumRequest } from '../usage-sums.ts';
import type { TextBytes } from './read-texts.ts';

/** The operations of the background thread, with their inputs and outputs. */
export interface BackgroundCalls {
  /** Searches, after it has brought the index up to date. */
  search(request: SearchRequest): SearchPage;
  /** Brings the index up to date with the messages. */
  index(): void;
  /** Moves media out of texts that an earlier version stored. */
  moveMedia(): void;
  /** Removes a conversation with all it holds, from the index and the log as well; false when there was none. */
  remove(key: ConversationKey): boolean;
  /** Removes a message with all below it; what runs are making is not removed. */
  removeBranch(conversationId: string, messageId: string): RemovedBranch | RunningBranch;
  /** Stores a conversation that was begun elsewhere; false when it is here already. */
  import(conversation: ImportedConversation): boolean;
  /** Copies a path into a new conversation, and returns its id; null when the old one was deleted. */
  fork(fork: Fork): string | null;
  /** Removes all conversations of an end user in the same way. */
  erase(owner: string | null, userId: string): Erased;
  /** Writes the words of messages that were inserted without them. */
  fill(messages: readonly FilledMessage[]): void;
  /** Reads texts of megabytes. */
  readTexts(texts: readonly LongText[]): TextBytes[];
  /** Takes a turn back whose messages are long. */
  drop(turn: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>): void;
  /** Sums of what requests used. */
  sumUsage(request: SumRequest): UsageSum[];
  /** The rows of single requests. */
  listUsage(request: ListRequest): UsageRow[];
  /** The charges to the keys of an owner by day; of all owners for null. */
  spendByDay(owner: string | null): DaySpend[];
  /** Percentiles of how long requests took. */
  times(shape: UsageTimesShape): UsageTimes[];
  /** Removes what was deleted from the index and from the write-ahead log. */
  forget(): void;
}

export type CallName = keyof BackgroundCalls;
export type Input<Name extends CallName> = Parameters<BackgroundCalls[Name]>;
export type Output<Name extends CallName> = ReturnType<BackgroundCalls[Name]>;

/** A call to the thread. */
export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly input: readonly unknown[];
}

/** The answer to the call with that id. An error loses its class on the way, so SQLite's code is sent along. */
export type Reply<Result = never> =
  | { readonly id: number; readonly output: Result }
  | { readonly id: number; readonly error: { readonly message: string; readonly errcode: number | null } };

/** The options with which the thread is started. */
export interface BackgroundOptions {
  readonly path: string;
  readonly synchronous: 'NORMAL' | 'FULL';
  readonly busyTimeoutMs: number;
}
