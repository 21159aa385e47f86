import type { JsonObject } from './json.ts';

/** A call that the scripted model makes; `pieces` are how its arguments are streamed where the dialect streams them. */
export interface ScriptedCall {
  readonly id?: string;
  readonly name: string;
  readonly pieces: readonly string[];
}

export interface ScriptedUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  /** Part of `completion`. */
  readonly reasoning?: number;
}

/** What the scripted model says, whatever the dialect. */
export interface Answer {
  /** Tokens of the text. */
  readonly text?: readonly string[];
  /** Tokens of the reasoning, before the text. */
  readonly reasoning?: readonly string[];
  /** What proves the reasoning to the vendor, where it signs it. */
  readonly signature?: string;
  /** Said instead of an answer, where the vendor has a place for it. */
  readonly refusal?: string;
  /** Pictures in the answer, as data URIs. */
  readonly images?: readonly string[];
  /** How a chat answer holds its pictures; default `images`, as OpenRouter. The others are seen elsewhere. */
  readonly imagesAs?: 'images' | 'parts' | 'markdown' | 'base64' | 'image';
  /** The name of the reasoning's field; default: the dialect's own. */
  readonly reasoningField?: 'reasoning' | 'reasoning_content';
  readonly calls?: readonly ScriptedCall[];
  /** `zero`: every call says `index: 0`, as some upstreams do. Default `own`. */
  readonly callIndex?: 'own' | 'zero';
  /** Default `stop`, or `tool_calls` when there are calls. */
  readonly finish?: string;
  /** Default: 9 prompt tokens, and one per scripted token. */
  readonly usage?: ScriptedUsage;
  /** `asked` (default): a stream tells its usage when `include_usage` was set. `each`: on every chunk. */
  readonly tellUsage?: 'asked' | 'always' | 'never' | 'each';
  /** Fields that no specification knows, put at the top of every body and chunk. */
  readonly extra?: JsonObject;
}

export function finishOf(answer: Answer): string {
  return answer.finish ?? (answer.calls?.length ? 'tool_calls' : 'stop');
}

export function usageOf(answer: Answer): ScriptedUsage {
  const pieces = (answer.calls ?? []).reduce((sum, call) => sum + call.pieces.length, 0);
  const spoken = (answer.text?.length ?? 0) + (answer.reasoning?.length ?? 0);
  return answer.usage ?? { prompt: 9, completion: spoken + pieces };
}

export function callId(call: ScriptedCall, position: number, prefix: string): string {
  return call.id ?? `${prefix}${position + 1}`;
}

/** One OpenAI logprobs entry for a token, with one alternative. */
export function logprobOf(token: string): JsonObject {
  const entry = { token, logprob: -0.25, bytes: [...Buffer.from(token)] };
  return { ...entry, top_logprobs: [entry] };
}
