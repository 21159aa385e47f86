import type { ConversationKey, Erased } from '../interface/conversations.ts';
import type { UsageTimes, UsageTimesShape } from '../interface/usage.ts';
import type { SearchPage, SearchRequest } from '../search/search-page.ts';

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
  /** Removes all conversations of an end user in the same way. */
  erase(owner: string | null, userId: string): Erased;
  /** Percentiles of how long requests took. */
  times(shape: UsageTimesShape): UsageTimes[];
  /** After something was deleted: takes it out of the index and of the log. */
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
