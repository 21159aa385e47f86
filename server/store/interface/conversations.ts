import type { Usage } from '../../../contracts/chat/completion.ts';
import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageStatus } from '../../../contracts/conversations/status.ts';
import type { ImportedConversation } from './imports.ts';
import type { PageRequest } from './page.ts';
import type { RunFormat, RunLogEnd } from './runs.ts';

/** A message as it goes to the store. */
export interface NewMessage {
  readonly role: StoredMessage['role'];
  /** JSON text of the message exactly as it stands in every later prompt: it is joined in as it is, byte for byte. */
  readonly prompt: string;
  /** Its words, for the full-text search. */
  readonly text: string;
}

export interface NewTurn {
  /** Null starts a conversation. */
  readonly conversationId: string | null;
  /** Whose key asks; null is the administrator, who sees every owner's. */
  readonly owner: string | null;
  /** The end user; null sees only conversations without one. */
  readonly userId: string | null;
  /** The alias that answers. */
  readonly model: string;
  /** Undefined keeps the conversation's own. */
  readonly systemPrompt?: string | null | undefined;
  readonly messages: readonly NewMessage[];
  /** Of a conversation that the turn starts, taken from its first message; absent: none. */
  readonly title?: string | null | undefined;
  /** Absent: it goes on from the head, and the conversation takes no other such turn until it has ended. */
  readonly place?: TurnPlace | undefined;
  /**
   * Looks at the earlier messages, oldest first, before anything is stored: what it throws refuses the turn. Synchronous,
   * and may be asked more than once.
   */
  readonly check?: (history: readonly HistoryMessage[]) => void;
  /** Where the answer is one of `/v1/responses`. */
  readonly response?: NewResponse | undefined;
  /** What the log of its run will hold; absent: chunks. */
  readonly runFormat?: RunFormat | undefined;
}

/**
 * Where in a conversation a turn begins a branch: after a message (null: it is another first one), or beside an answer. `param`
 * is the field of the request that says so.
 */
export type TurnPlace =
  | { readonly after: string | null; readonly param: string }
  | { readonly beside: string; readonly param: string };

/** What is kept of a response from its start. */
interface NewResponse {
  /** Its id, by that of the answer. */
  readonly idOf: (answerId: string) => string;
  /** How many of the turn's messages are its own input: the last ones. */
  readonly inputCount: number;
  /** JSON text. */
  readonly echo: string;
}

/** A message of the history, oldest first. `turnId` is shared by what one turn added (the answer's id). */
export interface HistoryMessage {
  readonly turnId: string;
  readonly role: StoredMessage['role'];
  readonly prompt: string;
  readonly status: MessageStatus;
}

export interface BegunTurn {
  readonly conversationId: string;
  /** The id of the answer that is now `in_progress`. */
  readonly answerId: string;
  /** The run that makes the answer, and what the segments of its log refer to. */
  readonly run: { readonly id: string; readonly key: number };
  /** Whether the turn began the conversation. */
  readonly isNew: boolean;
  readonly systemPrompt: string | null;
  /** The messages that it follows, oldest first, without the ones of this turn. */
  readonly history: readonly HistoryMessage[];
}

export interface EndedTurn {
  readonly conversationId: string;
  readonly answerId: string;
  readonly status: Exclude<MessageStatus, 'in_progress'>;
  /** As in `NewMessage`; `EMPTY_ANSWER` when nothing came. */
  readonly prompt: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** Where it is the answer of a response. `output` and `error` are JSON text. */
  readonly response?: { readonly id: string; readonly output: string; readonly error: string | null } | undefined;
  /** How the log of its run ends; absent: without events. */
  readonly log?: RunLogEnd | undefined;
}

export interface NewConversation {
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly messages: readonly NewMessage[];
}

/** What is left of a message of which a part was removed. */
export interface RewrittenMessage extends Pick<NewMessage, 'prompt' | 'text'> {
  readonly reasoning: string | null;
  /** JSON text of the items of the response whose answer it is; null when it is of none. */
  readonly output: string | null;
}

export interface ConversationRow {
  readonly id: string;
  readonly title: string | null;
  /** Null beside a title: a user set it before the source was kept. */
  readonly titleSource: 'message' | 'user' | null;
  readonly userId: string | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  /** Of all branches. */
  readonly messageCount: number;
  /** Where the active path ends; null: with the last message, since there are no branches. */
  readonly headMessageId: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

export interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly parentId: string | null;
  /** As in `HistoryMessage`. */
  readonly turnId: string;
  readonly role: StoredMessage['role'];
  readonly prompt: string;
  readonly reasoning: string | null;
  readonly status: MessageStatus;
  readonly model: string | null;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  readonly createdAt: Date;
}

/** Names one conversation as one end user may see it: their own, and those without a user. */
export interface ConversationKey {
  readonly id: string;
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
}

export interface ListRequest extends PageRequest {
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
  /** How many are left out at the beginning, where there is no cursor. */
  readonly offset: number;
  /** Those whose title, or one of whose messages, holds all these words, with an excerpt. */
  readonly query?: string | undefined;
}

/** What a search found of a conversation. */
export interface SearchMatch {
  readonly excerpt: string;
  /** Null: it is the title that matches. */
  readonly message: { readonly id: string; readonly isOnPath: boolean } | null;
}

export interface ConversationPage {
  readonly items: readonly (ConversationRow & Partial<SearchMatch>)[];
  readonly total: number;
  /** A search that finds very many stops counting: there are more than `total`. */
  readonly isLowerBound: boolean;
  /** For `after` and for `before`; null at the end and at the beginning. */
  readonly nextCursor: string | null;
  readonly prevCursor: string | null;
}

/** Which messages of a conversation. */
export interface MessagePageRequest extends PageRequest {
  /** Leaves the data of large media out of the prompts: it is not even read. */
  readonly omitsMedia?: boolean;
  /** All messages, in the order in which they were added; absent: those of the active path. */
  readonly isTree?: boolean;
}

/** A conversation with some of its messages, in order. */
export interface MessagePage {
  readonly conversation: ConversationRow;
  readonly messages: readonly MessageRow[];
  /** The last message of the active path; null when there is none. */
  readonly headId: string | null;
  /** Of shown messages beside which others follow the same one: the ids of all of these, in the order of their `seq`. */
  readonly siblings: ReadonlyMap<string, readonly string[]>;
  /** With `before` there are earlier ones, else there are later ones. */
  readonly hasMore: boolean;
}

/** What a deleted branch was. */
export interface RemovedBranch {
  readonly messages: number;
  /** The head of the conversation after it; null when it has no messages. */
  readonly headId: string | null;
}

/** How much of an end user was deleted. */
export interface Erased {
  readonly conversations: number;
  readonly messages: number;
  readonly responses: number;
  readonly runs: number;
}

/**
 * Conversations and their messages. A conversation belongs to the owner of the key that began it, and no other owner's
 * key sees it; the administrator sees all. Within that, a conversation of a user is visible to that user alone; one without a user is
 * visible to all. What is not visible is as good as absent.
 */
export interface ConversationStore {
  /**
   * Stores the messages of a turn and an empty answer `in_progress`, atomically, and marks the conversation busy. It
   * is on disk when the promise resolves. Throws `conversation_not_found`, `conversation_busy` and `message_not_found`.
   */
  beginTurn(turn: NewTurn): Promise<BegunTurn>;
  /**
   * Stores the answer and frees the conversation. Does nothing when the conversation was deleted meanwhile. Throws
   * `service_unavailable` when the database fails; then it is tried again until it is written or the process ends.
   */
  endTurn(turn: EndedTurn): Promise<void>;
  /**
   * Takes a begun turn back as if it had never been: its messages, and the conversation that it began. Never throws: while
   * the database fails, it is tried again.
   */
  dropTurn(turn: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>): Promise<void>;
  /** The last used first; with `query` those found by their titles first, then the newest match first. */
  list(request: ListRequest): Promise<ConversationPage>;
  /** The ids of an end user's conversations, in the order in which they were begun. Each page follows an id. */
  ids(
    scope: Pick<ConversationKey, 'owner' | 'userId'>,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly string[]>;
  /** With the messages of the active path. */
  find(key: ConversationKey): Promise<{ conversation: ConversationRow; messages: readonly MessageRow[] } | null>;
  /** The ids of the messages on the active path; null: there are no branches. */
  pathIds(conversationId: string): Promise<ReadonlySet<string> | null>;
  /** Undefined keeps a field, null clears it. A title that is set here is the user's. */
  update(
    key: ConversationKey,
    fields: {
      title?: string | null | undefined;
      systemPrompt?: string | null | undefined;
      metadata?: string | null | undefined;
    },
  ): Promise<ConversationRow | null>;
  /** Ends the active path with this message. Throws `conversation_not_found` and `message_not_found`. */
  moveHead(key: ConversationKey, messageId: string): Promise<void>;
  /**
   * Copies the path that ends with a message (null: the active one) into a conversation of its own, and gives its id. Throws
   * `conversation_not_found`, `message_not_found`, and `conversation_busy` while an answer on it is being made.
   */
  fork(key: ConversationKey, messageId: string | null): Promise<string>;
  /**
   * Removes a message and all that follow it. A head among them goes to the newest message that then follows what it followed.
   * Throws as `moveHead` does, and `conversation_busy` while an answer among them is being made.
   */
  removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch>;
  /** A conversation that nobody has answered in yet. Gives its id. */
  create(start: NewConversation): Promise<string>;
  /**
   * Adds messages without asking for an answer, and gives the `seq` of the first one. Throws `conversation_not_found`
   * and `conversation_busy`.
   */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number>;
  /**
   * Changes a message for good, or with null takes it out; a response goes with its answer. False when there is none
   * of that id. Throws as `append` does.
   */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean>;
  /** As `find`, but a part of the messages. A cursor is the id of a message, which may be deleted. */
  findPage(key: ConversationKey, page: MessagePageRequest): Promise<MessagePage | null>;
  /** Removes it with all its messages; false when there was none. */
  remove(key: ConversationKey): Promise<boolean>;
  /** Stores a conversation that was begun elsewhere, as a whole; false when it is here already. */
  import(conversation: ImportedConversation): Promise<boolean>;
  /** Removes all conversations that were begun for an end user: those of an owner, or of every owner. */
  erase(owner: string | null, userId: string): Promise<Erased>;
}
