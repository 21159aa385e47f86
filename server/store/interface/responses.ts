import type { MediaChoice, MessageRow } from './conversations.ts';

/** The data of an answer of `/v1/responses` that its message does not hold. */
export interface ResponseRow {
  readonly id: string;
  readonly conversationId: string;
  /** The `seq` of the first message of its own input, and of its answer. */
  readonly firstSeq: number;
  readonly answerSeq: number;
  /** JSON text, as are `output` and `error`. */
  readonly echo: string;
  readonly output: string | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** The part of a conversation whose messages have these `seq`s. */
export interface SeqRange {
  readonly from: number;
  /** Absent: up to the last one. */
  readonly before?: number | undefined;
}

/** A response with its answer (the prompt of it without its media), and how long its conversation is by now. */
export interface StoredResponse extends ResponseRow {
  readonly answer: MessageRow;
  readonly messageCount: number;
  readonly systemPrompt: string | null;
  /** The end user of its conversation. */
  readonly userId: string | null;
}

/** Who reads a response or a message by its id. */
export interface Reader {
  /** Null is the administrator. */
  readonly owner: string | null;
  /** The end user. Null: the request names none. */
  readonly userId: string | null;
}

/** Stored responses. They are written with their turns, and removed with their conversations. */
export interface ResponseStore {
  /**
   * A response of a conversation of that user, or of one without a user. A request that names no user finds the
   * response by its id alone, as at OpenAI, where later requests have no `user`.
   */
  find(id: string, reader: Reader, choice?: MediaChoice): Promise<StoredResponse | null>;
  /** The messages of a conversation, of all its branches. */
  messages(conversationId: string, range: SeqRange, choice?: MediaChoice): Promise<readonly MessageRow[]>;
  /** The messages from a first one to this one. */
  path(messageId: string): Promise<readonly MessageRow[]>;
  /**
   * A message by its id, in a conversation that this user can see. A request that names no user sees conversations
   * without one.
   */
  message(id: string, reader: Reader): Promise<MessageRow | null>;
  /** The outputs of a conversation's responses, by the `seq` of the answer. */
  outputs(conversationId: string, range: SeqRange, choice?: MediaChoice): Promise<ReadonlyMap<number, string>>;
  /** The responses of a conversation that were answered after that `seq`, in order. */
  page(conversationId: string, afterSeq: number, limit: number): Promise<readonly ResponseRow[]>;
  /** Removes a response. False when there was none. Its messages stay in the conversation. */
  remove(id: string): Promise<boolean>;
}
