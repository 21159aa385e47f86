import type { EngineChatMessage, EngineVariant } from './llama-binding.ts';

/** What the gateway and the process that hosts llama.cpp say to each other, as JSON over Node's IPC channel. */
export type ToEngine =
  | { readonly type: 'load'; readonly options: EngineOptions }
  | { readonly type: 'generate'; readonly request: GenerationRequest }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromEngine =
  | { readonly type: 'ready'; readonly info: EngineInfo }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'events'; readonly events: readonly GenerationEvent[] };

export interface EngineOptions {
  readonly modelPath: string;
  /** Per slot. */
  readonly threads: number;
  readonly slots: number;
  /** Tokens per slot; the model's own window, but 8,192 at most, when not given. */
  readonly contextSize: number | null;
  readonly variant: EngineVariant;
}

export interface EngineInfo {
  /** Tokens of prompt and answer together, per request. */
  readonly contextSize: number;
  /** Used when a request gives none. */
  readonly temperature: number;
  /** Whether the chat template of the model has a place for tools: one without shows the model none of them. */
  readonly takesTools: boolean;
  /** Whether it is so small that it seldom ends a text by itself. */
  readonly isDemo: boolean;
}

/** A chat as the engine takes it. */
export interface GenerationRequest {
  readonly id: number;
  readonly messages: readonly EngineChatMessage[];
  readonly tools: readonly unknown[] | null;
  readonly toolChoice: 'none' | 'auto' | 'required';
  readonly parallelToolCalls: boolean;
  /** The JSON Schema that the answer must follow. */
  readonly schema: object | null;
  readonly thinking: boolean;
  /** Null: up to the end of the window. */
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** By llama.cpp's names. */
  readonly sampling: Readonly<Record<string, number>>;
}

export interface ToolCallPiece {
  readonly index: number;
  /** Only on the first piece of a call. */
  readonly name?: string;
  readonly arguments: string;
}

export interface AnswerDelta {
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCallPiece[];
}

export interface TokenCounts {
  readonly prompt: number;
  /** Prompt tokens that the slot still had in its cache; null when that is not known. */
  readonly cached: number | null;
  readonly completion: number;
}

/** `started` comes first, `end` or `error` last; nothing comes after those. */
export type GenerationEvent = { readonly id: number } & (
  | { readonly type: 'started' }
  | ({ readonly type: 'delta' } & AnswerDelta)
  | {
      readonly type: 'end';
      readonly finish: 'stop' | 'length' | 'tool_calls' | 'cancelled';
      readonly tokens: TokenCounts;
    }
  | {
      readonly type: 'error';
      readonly failure: 'overflow' | 'rejected' | 'broken';
      readonly message: string;
      /** The field at fault, when one is known to be. */
      readonly param: string | null;
      /** Of an `overflow`, in tokens. */
      readonly size?: { readonly prompt: number; readonly window: number };
    }
);
