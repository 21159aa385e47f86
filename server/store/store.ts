import type { Usage } from '../../contracts/chat/completion.ts';
import type { MessageStatus, StoredMessage } from '../../contracts/conversations/conversation.ts';

/** The `prompt` of an answer of which there is nothing: it has not begun, or failed, or its process was killed. */
export const EMPTY_ANSWER = '{"role":"assistant","content":""}';

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
  /** The turn is taken only while the conversation has so many messages; else it is `conversation_busy`. */
  readonly expectedCount?: number | undefined;
  /**
   * Looks at the earlier messages, oldest first, before anything is stored: what it throws refuses the turn. Synchronous,
   * and may be asked more than once.
   */
  readonly check?: (history: readonly HistoryMessage[]) => void;
  /** Where the answer is one of `/v1/responses`. */
  readonly response?: NewResponse | undefined;
}

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
  readonly systemPrompt: string | null;
  /** All earlier messages, oldest first, without the ones of this turn. */
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
  readonly userId: string | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  readonly messageCount: number;
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

export interface ConversationPage {
  readonly items: readonly (ConversationRow & { readonly excerpt?: string })[];
  readonly total: number;
}

/**
 * Conversations and their messages. A conversation belongs to the owner of the key that began it, and no other owner's
 * key sees it; the administrator sees all. Within that, a conversation of a user is visible to that user alone; one without a user is
 * visible to all. What is not visible is as good as absent.
 */
export interface ConversationStore {
  /**
   * Stores the messages of a turn and an empty answer `in_progress`, atomically, and marks the conversation busy. It
   * is on disk when the promise resolves. Throws `conversation_not_found` and `conversation_busy`.
   */
  beginTurn(turn: NewTurn): Promise<BegunTurn>;
  /**
   * Stores the answer and frees the conversation. Does nothing when the conversation was deleted meanwhile. Throws
   * `service_unavailable` when the database fails; then it is tried again until it is written or the process ends.
   */
  endTurn(turn: EndedTurn): Promise<void>;
  /** Takes a begun turn back as if it had never been: its messages, and the conversation when it has no others. */
  dropTurn(turn: Pick<BegunTurn, 'conversationId' | 'answerId'>): Promise<void>;
  /** Newest first. With `query`, those with a message that holds all its words, best first, with an excerpt. */
  list(page: {
    owner: string | null;
    userId: string | null;
    limit: number;
    offset: number;
    query?: string;
  }): Promise<ConversationPage>;
  find(key: ConversationKey): Promise<{ conversation: ConversationRow; messages: readonly MessageRow[] } | null>;
  /** Undefined keeps a field, null clears it. */
  update(
    key: ConversationKey,
    fields: {
      title?: string | null | undefined;
      systemPrompt?: string | null | undefined;
      metadata?: string | null | undefined;
    },
  ): Promise<ConversationRow | null>;
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
  /** Removes it with all its messages; false when there was none. */
  remove(key: ConversationKey): Promise<boolean>;
}

/** What `/v1/responses` keeps of an answer beyond its message. */
interface ResponseRow {
  readonly id: string;
  readonly conversationId: string;
  /** `seq` of the first message of its own input, and of its answer. */
  readonly firstSeq: number;
  readonly answerSeq: number;
  /** JSON text, as are `output` and `error`. */
  readonly echo: string;
  readonly output: string | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** A response with its answer, and how long its conversation is by now. */
export interface StoredResponse extends ResponseRow {
  readonly answer: MessageRow;
  readonly messageCount: number;
  readonly systemPrompt: string | null;
}

/** Stored responses. They are written with their turns, and removed with their conversations. */
export interface ResponseStore {
  /** Of that owner's conversations; null is the administrator, who sees every one. */
  find(id: string, owner: string | null): Promise<StoredResponse | null>;
  /** The messages of a conversation from one `seq` to before another. */
  messages(conversationId: string, from: number, before: number): Promise<readonly MessageRow[]>;
  /** Any message of that owner's, by its id. */
  message(id: string, owner: string | null): Promise<MessageRow | null>;
  /** The outputs of a conversation's responses, by the `seq` of the answer. */
  outputs(conversationId: string): Promise<ReadonlyMap<number, string>>;
  /** False when there was none. Its messages stay in the conversation. */
  remove(id: string): Promise<boolean>;
}

/** What one request used, whichever way it ended. */
export interface UsageRow {
  readonly requestId: string;
  readonly at: Date;
  /** The surface, such as `v1.chat` or `c1.chat`. */
  readonly operation: string;
  readonly alias: string;
  readonly provider: string | null;
  /** The upstream's own model name. */
  readonly model: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** True when the upstream gave no counts. */
  readonly estimated: boolean;
  /** `ok`, `cancelled`, or an error code. */
  readonly outcome: string;
  readonly latencyMs: number;
  /** Time to first token, in ms. */
  readonly firstTokenMs: number | null;
  readonly conversationId: string | null;
  /** Null: the administrator. */
  readonly keyId: string | null;
  readonly owner: string | null;
  readonly group: string | null;
  /** In micro-USD; what it is worth, whether or not somebody was charged. */
  readonly cost: number;
  /** JSON text of the price that the cost was reckoned with; null: the model has none. */
  readonly price: string | null;
}

/** Which requests are meant; undefined: whatever it is. */
export interface UsageFilter {
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly keyId?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly alias?: string | undefined;
  readonly provider?: string | undefined;
  readonly operation?: string | undefined;
  readonly outcome?: string | undefined;
}

export type UsageColumn = Exclude<keyof UsageFilter, 'from' | 'to'>;

/** Averages are null where there is nothing to average. */
export interface UsageSum {
  /** Null where all time is one bucket. */
  readonly start: Date | null;
  /** One value for each column that was asked for, in that order. */
  readonly values: readonly (string | null)[];
  readonly requests: number;
  /** Neither `ok` nor `cancelled`. */
  readonly failed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** In micro-USD. */
  readonly cost: number;
  readonly latencyMs: number | null;
  readonly firstTokenMs: number | null;
}

export interface UsageStore {
  /** Queues a row; rows are written in batches, off the request's path. Never throws. */
  record(row: UsageRow): void;
  /** Resolves when everything queued so far is on disk. */
  flush(): Promise<void>;
  /** Sums by buckets of UTC, oldest first; a day whose rows were summed up counts at its beginning. */
  sum(
    filter: UsageFilter,
    shape: { bucket: 'hour' | 'day' | 'month' | 'all'; by: readonly UsageColumn[]; limit: number },
  ): Promise<readonly UsageSum[]>;
  /** Rows, newest first; those that were summed up are gone. */
  list(
    filter: UsageFilter & { conversationId?: string | undefined },
    page: { limit: number; offset: number },
  ): Promise<readonly UsageRow[]>;
  /** Sums up rows of before `day` (the beginning of one) by the day, and drops them. Returns how many there were. */
  compact(day: Date): Promise<number>;
}

/** What one key may do in a minute, at once, and for how much. Null: no limit. */
export interface KeyLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrent: number | null;
  /** In micro-USD, by the day and month of UTC. */
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

/** What an administrator may change of a key. */
export interface KeyFields extends KeyLimits {
  readonly name: string;
  /** A group of the models file; null: every model, at its price. */
  readonly group: string | null;
  readonly expiresAt: Date | null;
  /** Aliases; null: those of the group. */
  readonly models: readonly string[] | null;
  /** Addresses and CIDR ranges; null: any address. */
  readonly ipRanges: readonly string[] | null;
  readonly enabled: boolean;
}

export interface KeySecret {
  /** SHA-256, in hex. */
  readonly hash: string;
  /** The first characters, to tell keys apart. */
  readonly prefix: string;
}

export interface KeyRow extends KeyFields, KeySecret {
  readonly id: string;
  /** Whose wallet pays and whose conversations it sees. */
  readonly owner: string;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  /** Grows with every change of any key. */
  readonly revision: number;
}

/** Keys that were given out; none is ever deleted. */
export interface KeyStore {
  /** `owner` null makes the key its own owner. */
  create(key: KeyFields & KeySecret & { readonly owner: string | null }): Promise<KeyRow>;
  /** Newest first. */
  list(page: { owner?: string | undefined; limit: number; offset: number }): Promise<readonly KeyRow[]>;
  find(id: string): Promise<KeyRow | null>;
  /** Null when there is no such key, or it was revoked. */
  update(id: string, fields: Partial<KeyFields & KeySecret>): Promise<KeyRow | null>;
  /** Null when there is no such key, or it was revoked before. */
  revoke(id: string): Promise<KeyRow | null>;
  /** Every key that was made or changed after `revision`, by this process or another one, in order of the changes. */
  changedSince(revision: number): Promise<readonly KeyRow[]>;
}

/** Amounts are in micro-USD, everywhere. */
export interface WalletRow {
  readonly owner: string;
  /** The sum of the ledger. */
  readonly balance: number;
  /** What requests under way may cost at most; the rest of the balance is free. */
  readonly held: number;
  readonly createdAt: Date;
}

export interface NewEntry {
  readonly owner: string;
  readonly kind: 'top_up' | 'correction';
  /** Not 0; negative takes away. */
  readonly amount: number;
  readonly author: string;
  readonly reason: string;
}

export interface LedgerRow {
  readonly key: number;
  readonly owner: string;
  readonly at: Date;
  /** `top_up`, `correction` or `charge`. */
  readonly kind: string;
  readonly amount: number;
  readonly author: string;
  readonly reason: string;
  readonly keyId: string | null;
  readonly requestId: string | null;
}

export interface NewReservation {
  readonly owner: string;
  /** Null: no budget to look at. */
  readonly keyId: string | null;
  readonly requestId: string;
  /** More than 0. */
  readonly amount: number;
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

export type Reserved = { readonly id: string } | { readonly refused: 'balance' | 'daily' | 'monthly' };

/**
 * Money. The balance is at any time the sum of the ledger and never below what is held, whatever number of callers and
 * processes reserve, settle and crash at once.
 */
export interface WalletStore {
  find(owner: string): Promise<WalletRow | null>;
  list(page: { limit: number; offset: number }): Promise<readonly WalletRow[]>;
  /** False when it would take what is not there. */
  post(entry: NewEntry): Promise<boolean>;
  /** Newest first. */
  entries(owner: string, page: { limit: number; offset: number }): Promise<readonly LedgerRow[]>;
  /** Holds an amount in one atomic step. A process that dies gives back what it held. */
  reserve(reservation: NewReservation): Promise<Reserved>;
  /**
   * Ends a reservation: charges `amount`, as far as the balance goes, and frees the rest. Queued, off the request's
   * path, and tried again while the database fails; once is enough, and more does no harm. Never throws.
   */
  settle(settlement: { readonly id: string; readonly amount: number; readonly reason: string }): void;
  /** Resolves when everything settled so far is on disk. */
  flush(): Promise<void>;
  /** What the charges to the keys of an owner (null: of all) add up to, by the day of UTC, oldest first. */
  spentByDay(owner: string | null): Promise<readonly { readonly day: string; readonly amount: number }[]>;
  /** What the charges of a key add up to, by the day and the month of UTC that hold `at`. */
  spent(keyId: string, at: Date): Promise<{ readonly day: number; readonly month: number }>;
}

/** What an administrator did. */
export interface NewAudit {
  readonly actor: string;
  /** Such as `keys.create`. */
  readonly action: string;
  readonly subject: string;
  /** Nothing secret. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditStore {
  record(row: NewAudit): Promise<void>;
  /** Newest first. */
  list(page: {
    limit: number;
    offset: number;
  }): Promise<readonly (NewAudit & { readonly key: number; readonly at: Date })[]>;
}

export interface Store {
  readonly conversations: ConversationStore;
  readonly responses: ResponseStore;
  readonly usage: UsageStore;
  readonly keys: KeyStore;
  readonly wallets: WalletStore;
  readonly audit: AuditStore;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
