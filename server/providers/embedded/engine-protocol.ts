import type { EngineChatMessage, EngineVariant } from './llama-binding.ts';

/** The messages between the gateway and the process that runs llama.cpp, as JSON over Node's IPC channel. */
export type ToEngine =
  | { readonly type: 'load'; readonly options: EngineOptions }
  | { readonly type: 'generate'; readonly request: GenerationRequest }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromEngine =
  | { readonly type: 'ready'; readonly info: EngineInfo }
  /** `reason` is for the log, since it can name files. `advice` says what to do, and clients read it too. */
  | { readonly type: 'failed'; readonly reason: string; readonly advice?: string }
  | { readonly type: 'events'; readonly events: readonly GenerationEvent[] };

export interface EngineOptions {
  readonly modelPath: string;
  /** CPU threads of each slot. */
  readonly threads: number;
  readonly slots: number;
  /** Tokens of each slot. Null: the model's own window, at most 8,192. */
  readonly contextSize: number | null;
  readonly variant: EngineVariant;
}

export interface EngineInfo {
  /** Tokens of prompt and answer of one request together. */
  readonly contextSize: number;
  /** The temperature of requests that name none. */
  readonly temperature: number;
  /** Whether the model's chat template supports tools. A template without them shows the model none. */
  readonly takesTools: boolean;
  /** Whether the model is so small that it rarely ends a text. */
  readonly isDemo: boolean;
}

/** A chat in the form that the engine takes. */
export interface GenerationRequest {
  readonly id: number;
  readonly messages: readonly EngineChatMessage[];
  readonly tools: readonly unknown[] | null;
  readonly toolChoice: 'none' | 'auto' | 'required';
  readonly parallelToolCalls: boolean;
  /** The JSON Schema that the answer must follow. */
  readonly schema: object | null;
  readonly thinking: boolean;
  /** The limit of the answer, in tokens. Null: the end of the window. */
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** Sampling options by llama.cpp's names. */
  readonly sampling: Readonly<Record<string, number>>;
}

export interface ToolCallPiece {
  readonly index: number;
  /** Present on the first piece of a call only. */
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
  /** Prompt tokens that were still in the cache of the slot. Null: not known. */
  readonly cached: number | null;
  readonly completion: number;
}

/** An event of a generation. `started` comes first, `end` or `error` last. */
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
      /** The field at fault, when it is known. */
      readonly param: string | null;
      /** The sizes in tokens, for the failure `overflow`. */
      readonly size?: { readonly prompt: number; readonly window: number };
    }
);
