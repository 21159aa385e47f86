import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageStatus } from '../../../contracts/conversations/status.ts';
import type { Summary } from './summaries.ts';

/** As in `NewMessage` and `MessageRow`, but for what is described here. */
export interface ImportedMessage {
  readonly role: StoredMessage['role'];
  readonly prompt: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly model: string | null;
  readonly finishReason: string | null;
  /** Null: not known. */
  readonly createdAt: Date | null;
  /** Its id where it is from; null: it had none that can be used here. */
  readonly id: string | null;
  /** The index of the message that it follows, which is lower; null: it is a first one. */
  readonly parent: number | null;
  /** A name that all messages of a turn share. */
  readonly turn: string;
  readonly status: Exclude<MessageStatus, 'in_progress'>;
  /** The summary that ends with this message. Absent: there is none. */
  readonly summary?: Summary | undefined;
  /** JSON text of the contract's `Usage`. */
  readonly usage: string | null;
}

/** A response of an imported conversation; its fields are the columns. */
export interface ImportedResponse {
  readonly id: string;
  readonly firstSeq: number;
  readonly answerSeq: number;
  readonly echo: string;
  readonly output: string | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** A whole conversation that was begun elsewhere. */
export interface ImportedConversation {
  /** As in `NewTurn`. */
  readonly owner: string | null;
  readonly userId: string | null;
  /** Names it: importing it twice makes one. */
  readonly source: string;
  /** Its id where it is from, which it keeps when that is free here; null: it gets one. */
  readonly id: string | null;
  readonly title: string | null;
  readonly titleSource: 'message' | 'model' | 'user' | null;
  readonly model: string | null;
  readonly systemPrompt: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  /** Null: not known. */
  readonly createdAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** The index of the last message of the active path. */
  readonly head: number;
  readonly messages: readonly ImportedMessage[];
  readonly responses: readonly ImportedResponse[];
}
