import type { MessageRow } from './conversations.ts';

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
