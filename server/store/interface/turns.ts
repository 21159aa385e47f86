import type { Usage } from '../../../contracts/chat/completion.ts';
import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageStatus } from '../../../contracts/conversations/status.ts';
import type { Claim } from './claims.ts';
import type { RunFormat, RunLogEnd } from './runs.ts';

/** A message to be stored. */
export interface NewMessage {
  readonly role: StoredMessage['role'];
  /** JSON text of the message, exactly as it stands in every later prompt, into which it is copied byte for byte. */
  readonly prompt: string;
  /** The words of the message, for the full-text search. */
  readonly text: string;
}

export interface NewTurn {
  /** Null: the turn begins a new conversation. */
  readonly conversationId: string | null;
  /** The owner of the key; null is the administrator. */
  readonly owner: string | null;
  /** The end user. Null sees only conversations without one. */
  readonly userId: string | null;
  /** The alias that answers. */
  readonly model: string;
  /** Undefined keeps the conversation's own system prompt. */
  readonly systemPrompt?: string | null | undefined;
  readonly messages: readonly NewMessage[];
  /** The title of a conversation that the turn begins, taken from its first message. Absent: none. */
  readonly title?: string | null | undefined;
  /**
   * Where the turn goes. Absent: after the head; the conversation then takes no other such turn until this one has
   * ended.
   */
  readonly place?: TurnPlace | undefined;
  /**
   * Checks the earlier messages, oldest first, before anything is stored. An error that it throws refuses the turn. It
   * is synchronous, and may be called more than once.
   */
  readonly check?: (history: readonly HistoryMessage[]) => void;
  /** Set when the answer is a response of `/v1/responses`. */
  readonly response?: NewResponse | undefined;
  /** The kind of events in the log of the run. Absent: chunks. */
  readonly runFormat?: RunFormat | undefined;
  /** The claim of a request with an idempotency key. */
  readonly claim?: Claim | undefined;
}

/**
 * Where a turn begins a branch: after a message (null: the branch begins with a first message), or beside an answer.
 * `param` is the field of the request that says so.
 */
export type TurnPlace =
  | { readonly after: string | null; readonly param: string }
  | { readonly beside: string; readonly param: string };

/** The data of a response that is stored when its turn begins. */
interface NewResponse {
  /** Makes the response's id from the answer's id. */
  readonly idOf: (answerId: string) => string;
  /** How many of the turn's messages are the response's own input: the last ones. */
  readonly inputCount: number;
  /** JSON text. */
  readonly echo: string;
}

/**
 * A message of the history. All messages that one turn added share its `turnId`, which is the id of the turn's answer.
 */
export interface HistoryMessage {
  readonly turnId: string;
  readonly role: StoredMessage['role'];
  readonly prompt: string;
  readonly status: MessageStatus;
}

/** A message of a stored conversation. */
export interface PathMessage extends HistoryMessage {
  readonly id: string;
}

export interface BegunTurn {
  readonly conversationId: string;
  /** The id of the answer, which is now `in_progress`. */
  readonly answerId: string;
  /** The run that makes the answer, and the key that the segments of its log refer to. */
  readonly run: { readonly id: string; readonly key: number };
  /** The stored time at which the turn began. */
  readonly createdAt: Date;
  /** Whether the turn began the conversation. */
  readonly isNew: boolean;
  /** Whether its messages have megabytes. */
  readonly isLong?: boolean;
  readonly systemPrompt: string | null;
  /** The messages before this turn, oldest first. */
  readonly history: readonly PathMessage[];
}

/** A response of `/v1/responses` that has ended. */
interface EndedResponse {
  readonly id: string;
  readonly output: string;
  readonly error: string | null;
  /** When it ended, as its client is told. Absent: now. */
  readonly endedAt?: Date | undefined;
}

export interface EndedTurn {
  readonly conversationId: string;
  readonly answerId: string;
  readonly status: Exclude<MessageStatus, 'in_progress'>;
  /** As in `NewMessage`; `EMPTY_ANSWER` when there is no answer. */
  readonly prompt: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
  /** Set when the answer is that of a response. `output` and `error` are JSON text. */
  readonly response?: EndedResponse | undefined;
  /** The end of the run's log. Absent: the log has no events. */
  readonly log?: RunLogEnd | undefined;
}
