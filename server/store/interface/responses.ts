import type { MessageRow } from './conversations.ts';

/** What `/v1/responses` keeps of an answer beyond its message. */
export interface ResponseRow {
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
  /** The end user of its conversation. */
  readonly userId: string | null;
}

/** Who reads a response or a message by its id. */
export interface Reader {
  /** Null is the administrator, who sees every owner's. */
  readonly owner: string | null;
  /** The end user; null: none is named. */
  readonly userId: string | null;
}

/** Stored responses. They are written with their turns, and removed with their conversations. */
export interface ResponseStore {
  /**
   * Of a conversation of that user, or of none. Whoever names no user finds it by its id alone, as at OpenAI, where `user`
   * is no part of later requests.
   */
  find(id: string, reader: Reader): Promise<StoredResponse | null>;
  /** The messages of a conversation from one `seq` to before another. */
  messages(conversationId: string, from: number, before: number): Promise<readonly MessageRow[]>;
  /** The messages from a first one to this one. */
  path(messageId: string): Promise<readonly MessageRow[]>;
  /** Any message, by its id, of a conversation that this user may see: whoever names none sees those without a user. */
  message(id: string, reader: Reader): Promise<MessageRow | null>;
  /** The outputs of a conversation's responses, by the `seq` of the answer. */
  outputs(conversationId: string): Promise<ReadonlyMap<number, string>>;
  /** The responses of a conversation that were answered after that `seq`, in order. */
  page(conversationId: string, afterSeq: number, limit: number): Promise<readonly ResponseRow[]>;
  /** False when there was none. Its messages stay in the conversation. */
  remove(id: string): Promise<boolean>;
}
