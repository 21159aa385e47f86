import type { Usage } from '../../../contracts/chat/completion.ts';
import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageStatus } from '../../../contracts/conversations/status.ts';
import type { ImportedConversation } from './imports.ts';
import type { PageRequest } from './page.ts';
import type { NewSummary, Summary } from './summaries.ts';
import type { BegunTurn, EndedTurn, NewMessage, NewTurn } from './turns.ts';

export interface NewConversation {
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly messages: readonly NewMessage[];
}

/** The rest of a message from which a part was removed. */
export interface RewrittenMessage extends Pick<NewMessage, 'prompt' | 'text'> {
  readonly reasoning: string | null;
  /**
   * JSON text of the items of the response whose answer the message is; null when it is not the answer of a response.
   */
  readonly output: string | null;
}

/** Whether the data of large pictures, sounds and files is left out: then it is not read. Absent: it is not left out. */
export interface MediaChoice {
  readonly omitsMedia: boolean;
}

export interface ConversationRow {
  readonly id: string;
  readonly title: string | null;
  /** `model`: the gateway had a model word it. Null for a title that a user set before its source was recorded. */
  readonly titleSource: 'message' | 'model' | 'user' | null;
  readonly userId: string | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  /** The number of messages on all branches. */
  readonly messageCount: number;
  /**
   * The last message of the active path. Null: the conversation has no branches, and the path ends with its last
   * message.
   */
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
  readonly summary: Summary | null;
}

/** A conversation as one end user can see it: the user's own, or one without a user. */
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
  /** How many rows are skipped at the beginning, when there is no cursor. */
  readonly offset: number;
  /** Only conversations whose title, or one of whose messages, contains all these words. Each comes with an excerpt. */
  readonly query?: string | undefined;
}

/** What a search found in a conversation. */
export interface SearchMatch {
  readonly excerpt: string;
  /** The matching message. Null: the title matches. */
  readonly message: { readonly id: string; readonly isOnPath: boolean } | null;
}

export interface ConversationPage {
  readonly items: readonly (ConversationRow & Partial<SearchMatch>)[];
  readonly total: number;
  /** True when a search stopped counting because it found very many: there are more than `total`. */
  readonly isLowerBound: boolean;
  /** Cursors for `after` and `before`; null at the end and at the beginning of the list. */
  readonly nextCursor: string | null;
  readonly prevCursor: string | null;
}

/** Which messages of a conversation to read. */
export interface MessagePageRequest extends PageRequest {
  /** True: the prompts come without the data of large media, which is not read at all. */
  readonly omitsMedia?: boolean;
  /** True: all messages, in the order in which they were added. Absent: those of the active path. */
  readonly isTree?: boolean;
  /** With `isTree`: a page ends before the message that would make it larger than so many bytes, but holds one at least. */
  readonly mostBytes?: number;
}

/** A conversation with some of its messages, in order. */
export interface MessagePage {
  readonly conversation: ConversationRow;
  readonly messages: readonly MessageRow[];
  /** The last message of the active path; null when there is none. */
  readonly headId: string | null;
  /** For each shown message that shares its parent with others: the ids of all of them, in the order of their `seq`. */
  readonly siblings: ReadonlyMap<string, readonly string[]>;
  /** With `before`: whether there are earlier messages. Otherwise: whether there are later ones. */
  readonly hasMore: boolean;
}

/** A branch that was deleted. */
export interface RemovedBranch {
  readonly messages: number;
  /** The conversation's head after that; null when it has no messages. */
  readonly headId: string | null;
}

/** How much of an end user's data was deleted. */
export interface Erased {
  readonly conversations: number;
  readonly messages: number;
  readonly responses: number;
  readonly runs: number;
}

/**
 * Conversations and their messages. A conversation belongs to the owner of the key that began it, and no other owner's
 * key can see it. What the administrator began has no owner, and is seen by the administrator alone. Among the keys of one
 * owner, a conversation with a user is visible to that user alone, and one without a user to all. A conversation that is
 * not visible is treated as absent.
 */
export interface ConversationStore {
  /**
   * Stores the messages of a turn and an empty answer `in_progress`, atomically, and marks the conversation busy. It
   * is on disk when the promise resolves. Throws `conversation_not_found`, `conversation_busy`, `message_not_found`, and
   * `idempotency_in_progress` when another run has its claim.
   */
  beginTurn(turn: NewTurn): Promise<BegunTurn>;
  /**
   * Stores the answer and frees the conversation. Does nothing when the conversation was deleted meanwhile. Throws
   * `service_unavailable` when the database fails; the end is then tried again until it is written or the process ends.
   */
  endTurn(turn: EndedTurn): Promise<void>;
  /**
   * Removes a begun turn as if it had never begun: its messages, and the conversation that it began. Never throws;
   * while the database fails, it is tried again.
   */
  dropTurn(turn: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew' | 'isLong'>): Promise<void>;
  /** The last used first; with `query` those found by their titles first, then the newest match first. */
  list(request: ListRequest): Promise<ConversationPage>;
  /** The ids of an end user's conversations, in the order in which they were begun. Each page follows an id. */
  ids(
    scope: Pick<ConversationKey, 'owner' | 'userId'>,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly string[]>;
  /** The end users for whom an owner's keys began conversations, in order. Each page follows a name. */
  users(owner: string, page: { readonly after: string | null; readonly limit: number }): Promise<readonly string[]>;
  /** The end user of one of an owner's conversations; undefined: the owner has no such conversation. */
  userOf(id: string, owner: string): Promise<string | null | undefined>;
  /** With the messages of the active path. */
  find(
    key: ConversationKey,
    choice?: MediaChoice,
  ): Promise<{ conversation: ConversationRow; messages: readonly MessageRow[] } | null>;
  /** Without its messages. */
  findRow(key: ConversationKey): Promise<ConversationRow | null>;
  /** The ids of the messages on the active path; null: there are no branches. */
  pathIds(conversationId: string): Promise<ReadonlySet<string> | null>;
  /**
   * Changes a conversation. An undefined field keeps its value, null clears it. A title that is set here counts as the
   * user's.
   */
  update(
    key: ConversationKey,
    fields: {
      title?: string | null | undefined;
      systemPrompt?: string | null | undefined;
      metadata?: string | null | undefined;
    },
  ): Promise<ConversationRow | null>;
  /** Replaces a title that was taken from the first message, and no other one. False when there is no such title. */
  wordTitle(conversationId: string, title: string): Promise<boolean>;
  /** The summaries on all branches of a conversation, by the last message that each of them stands for. */
  summaries(conversationId: string): Promise<ReadonlyMap<string, Summary>>;
  /**
   * Stores a summary, and returns the one that stands for these messages now: the first one that was stored. Null when
   * its path was changed or deleted meanwhile; then nothing is stored.
   */
  keepSummary(summary: NewSummary): Promise<Summary | null>;
  /** Makes this message the end of the active path. Throws `conversation_not_found` and `message_not_found`. */
  moveHead(key: ConversationKey, messageId: string): Promise<void>;
  /**
   * Copies the path that ends with a message (null: the active path) into a new conversation, and returns its id.
   * Throws `conversation_not_found`, `message_not_found`, and `conversation_busy` while an answer on the path is in
   * progress.
   */
  fork(key: ConversationKey, messageId: string | null): Promise<string>;
  /**
   * Removes a message and all messages below it. If the head is among them, it moves to the newest leaf below the
   * removed message's parent. Throws as `moveHead` does, and `conversation_busy` while an answer among them is in
   * progress.
   */
  removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch>;
  /** Creates a conversation without an answer, and returns its id. */
  create(start: NewConversation): Promise<string>;
  /**
   * Adds messages without asking for an answer, and returns the `seq` of the first one. Throws `conversation_not_found`
   * and `conversation_busy`.
   */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number>;
  /**
   * Changes a message permanently; null removes it. A response is removed with its answer. False when there is none of
   * that id. Throws as `append` does.
   */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean>;
  /** Like `find`, with some of the messages. A cursor is the id of a message, which may be deleted. */
  findPage(key: ConversationKey, page: MessagePageRequest): Promise<MessagePage | null>;
  /** Removes a conversation with all its messages. False when there was none. */
  remove(key: ConversationKey): Promise<boolean>;
  /** Stores a conversation that was begun elsewhere, as a whole; false when it is here already. */
  import(conversation: ImportedConversation): Promise<boolean>;
  /** Removes all conversations that were begun for an end user, of one owner or (null) of every owner. */
  erase(owner: string | null, userId: string): Promise<Erased>;
}
