import type { ConversationKey, Erased } from '../interface/conversations.ts';
import type { ImportedConversation } from '../interface/imports.ts';
import type { SearchPage, SearchRequest } from '../search/search-page.ts';

/** What the background thread does when it is asked. Each names what it takes and what it gives. */
export interface BackgroundCalls {
  /** Brings the search up to date first. */
  search(request: SearchRequest): SearchPage;
  /** Brings the search up to date with the messages. */
  index(): void;
  /** Removes a conversation with all it holds, from the index and the log as well; false when there was none. */
  remove(key: ConversationKey): boolean;
  /** Stores a conversation that was begun elsewhere; false when it is here already. */
  import(conversation: ImportedConversation): boolean;
  /** Removes every conversation of an end user in the same way. */
  erase(owner: string | null, userId: string): Erased;
  /** After something was deleted: takes it out of the index and of the log. */
  forget(): void;
}

export type CallName = keyof BackgroundCalls;
export type Input<Name extends CallName> = Parameters<BackgroundCalls[Name]>;
export type Output<Name extends CallName> = ReturnType<BackgroundCalls[Name]>;

/** What goes to the thread. */
export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly input: readonly unknown[];
}

/** What comes back: the output of the call with that id. An error loses its class on the way; SQLite's code is what tells it. */
export type Reply<Result = never> =
  | { readonly id: number; readonly output: Result }
  | { readonly id: number; readonly error: { readonly message: string; readonly errcode: number | null } };

/** What the thread is started with. */
export interface BackgroundOptions {
  readonly path: string;
  readonly synchronous: 'NORMAL' | 'FULL';
  readonly busyTimeoutMs: number;
}
