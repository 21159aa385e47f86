import type { MessageStatus } from '../../../../contracts/conversations/status.ts';
import type { MessageRow } from '../../../store/interface/conversations.ts';
import type { ImportedResponse } from '../../../store/interface/imports.ts';
import type { Summary } from '../../../store/interface/summaries.ts';

/** A message in an imported file. */
export interface FoundMessage {
  /** Its id in the file. */
  readonly id: string | null;
  /** The index of the message that it follows, which is lower; null: it is a first one. */
  readonly parent: number | null;
  /** An id that all messages of one turn share; absent: the turns are derived from the messages. */
  readonly turn?: string;
  readonly role: MessageRow['role'];
  /** A `ChatMessage`, which is still to be checked. */
  readonly message: unknown;
  /** The JSON text of the message, when it must be stored unchanged. */
  readonly prompt?: string;
  readonly reasoning?: string | null;
  readonly status?: MessageStatus;
  readonly model?: string | null;
  readonly finishReason?: string | null;
  readonly usage?: MessageRow['usage'];
  readonly summary?: Summary | undefined;
  /** Null: not known. */
  readonly createdAt: Date | null;
}

/** A conversation in an imported file. */
export interface FoundConversation {
  /** Names it: a file that is imported twice has the same names. */
  readonly source: string;
  /** Its id, where it is from a gateway like this one. */
  readonly id?: string;
  readonly title: string | null;
  readonly titleSource?: 'message' | 'model' | 'user' | null;
  /** The end user; undefined when the file names none. */
  readonly userId?: string | null;
  readonly model?: string | null;
  readonly systemPrompt?: string | null;
  readonly metadata?: unknown;
  readonly createdAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** The index of the message with which the active path ends; null: the last one. */
  readonly head: number | null;
  readonly messages: readonly FoundMessage[];
  readonly responses?: readonly ImportedResponse[];
  /** How many messages and parts have no place here. */
  readonly leftOut: number;
}

/** A value that was parsed, and its text. */
export interface ParsedValue {
  readonly value: unknown;
  readonly bytes: Buffer;
}

/** A form of conversations in files. */
export interface ImportForm {
  recognizes(value: Readonly<Record<string, unknown>>): boolean;
  /** Throws `UnreadableError`. */
  read(parsed: ParsedValue): FoundConversation;
}

/** The reason why a conversation is not imported, in words for the person who has the file. */
export class UnreadableError extends Error {}

interface Schema<T> {
  safeParse(value: unknown): {
    readonly data?: T | undefined;
    readonly error?: {
      readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
    };
  };
}

/** Throws `UnreadableError` that names the field which is wrong. */
export function readAs<T>(schema: Schema<T>, value: unknown): T {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  throw new UnreadableError(`The field ${issue?.path.join('.') || 'at its top'}: ${issue?.message ?? 'is wrong'}.`);
}

/** The year 2200: what comes later is no time. */
const LAST_MS = 7_258_118_400_000;

/** A time in seconds since 1970, as other programs write it; null for anything else. */
export function fromSeconds(seconds: unknown): Date | null {
  if (typeof seconds !== 'number' || !(seconds > 0)) return null;
  // Some write milliseconds.
  const time = new Date(seconds > 1e11 ? seconds : seconds * 1000);
  return time.getTime() < LAST_MS ? time : null;
}
