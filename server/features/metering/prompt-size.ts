import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { measureRequest } from './measure-request.ts';

/**
 * How many bytes of text a token has, where nobody counted: code and JSON for what agents send, prose for what models
 * answer.
 */
export const bytesPerToken = { code: 3.5, prose: 4 } as const;

/** A prompt, measured. */
export interface PromptSize {
  readonly messages: number;
  /** Texts, thoughts, calls and tools, in bytes. */
  readonly bytes: number;
  /** The tokens of pictures, sounds, films and files. */
  readonly mediaTokens: number;
}

/** The parts of a chat that become tokens. */
export interface Prompt {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[] | null | undefined;
  readonly response_format?: unknown;
}

const bytesOfJson = (value: unknown) => (value == null ? 0 : Buffer.byteLength(JSON.stringify(value)));

/** The token count of a prompt. Agents ask for it between two steps. */
export function measurePrompt({ messages, tools, response_format: format }: Prompt): PromptSize {
  let bytes = (tools?.length ? bytesOfJson(tools) : 0) + bytesOfJson(format);
  let mediaTokens = 0;
  for (const { content, ...rest } of messages) {
    if (typeof content === 'string') bytes += Buffer.byteLength(content);
    else {
      for (const part of content ?? []) {
        if (typeof part.text === 'string') bytes += Buffer.byteLength(part.text);
        else mediaTokens += measureRequest({ messages: [{ content: [part] }] }).tokens;
      }
    }
    bytes += bytesOfJson(rest.tool_calls?.map((call) => call.function)) + bytesOfJson(rest.reasoning_content);
  }
  return { messages: messages.length, bytes, mediaTokens };
}

/** Role and marks of one message. */
const TOKENS_PER_MESSAGE = 4;

/** Estimates the size without asking an upstream. */
export function likelyTokens({ messages, bytes, mediaTokens }: PromptSize): number {
  return messages * TOKENS_PER_MESSAGE + mediaTokens + Math.ceil(bytes / bytesPerToken.code);
}
