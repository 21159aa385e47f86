/**
 * The parts of the AI SDK's messages and streams that are needed. They are alike in its majors 5, 6 and 7, so nothing of
 * it is imported, and the application's own major fits.
 */
export interface UiPart {
  readonly type: string;
  readonly text?: string | undefined;
  readonly url?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly filename?: string | undefined;
  readonly state?: string | undefined;
  readonly toolCallId?: string | undefined;
  readonly toolName?: string | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errorText?: string | undefined;
}

export interface UiMessage {
  readonly id: string;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly UiPart[];
}

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'other';

/** What a stream tells `useChat`. */
export type UiChunk =
  | { type: 'start'; messageId?: string }
  | { type: 'start-step' }
  | { type: 'finish-step' }
  | { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; id: string }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'file'; mediaType: string; url: string }
  | { type: 'tool-input-start'; toolCallId: string; toolName: string }
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown }
  | { type: 'tool-input-error'; toolCallId: string; toolName: string; input: unknown; errorText: string }
  | { type: 'tool-output-available'; toolCallId: string; output: unknown }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'finish'; finishReason: FinishReason; messageMetadata: unknown }
  | { type: 'abort' };

/** A message as `useChat` takes it to begin with. Only the kinds of parts that this package makes are in it. */
export interface LoadedMessage {
  id: string;
  role: 'user' | 'assistant';
  parts: LoadedPart[];
}

export type LoadedPart =
  | { type: 'step-start' }
  | { type: 'text' | 'reasoning'; text: string; state: 'done' }
  | { type: 'file'; mediaType: string; url: string; filename?: string }
  | ({ type: `tool-${string}`; toolCallId: string; input: unknown } & (
      | { state: 'input-available' }
      | { state: 'output-available'; output: unknown }
      | { state: 'output-error'; errorText: string }
    ));
