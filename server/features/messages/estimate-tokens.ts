import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';

/** Code and JSON, which agents mostly send, have about this many bytes a token; prose has 4, other scripts fewer. */
const BYTES_PER_TOKEN = 3.5;
/** Role and marks of one message. */
const TOKENS_PER_MESSAGE = 4;
/** What Anthropic counts for a picture of the size that it scales larger ones down to. */
const TOKENS_PER_IMAGE = 1_600;
/** A page of a PDF has about this many bytes, and so many tokens of text and picture. */
const BYTES_PER_PAGE = 40_000;
const TOKENS_PER_PAGE = 2_000;

const bytesOf = (value: unknown) => (value == null ? 0 : Buffer.byteLength(JSON.stringify(value)));

interface Size {
  bytes: number;
  tokens: number;
}

function addPart(size: Size, part: { type: string; text?: unknown; file?: unknown }): void {
  if (part.type === 'text') size.bytes += Buffer.byteLength(String(part.text));
  else if (part.type === 'image_url') size.tokens += TOKENS_PER_IMAGE;
  else size.tokens += Math.ceil((bytesOf(part.file) * 0.75) / BYTES_PER_PAGE) * TOKENS_PER_PAGE;
}

/** How many tokens a prompt takes, without asking anybody: from the length of its texts, and flat sums for pictures. */
export function estimateTokens({ messages, tools }: Pick<ChatCompletionRequest, 'messages' | 'tools'>): number {
  const size: Size = { bytes: 0, tokens: messages.length * TOKENS_PER_MESSAGE };
  for (const { content, tool_calls: calls, reasoning_content: thought } of messages) {
    if (typeof content === 'string') size.bytes += Buffer.byteLength(content);
    else for (const part of content ?? []) addPart(size, part);
    size.bytes += bytesOf(calls?.map((call) => call.function)) + bytesOf(thought);
  }
  size.bytes += bytesOf(tools?.map((tool) => tool.function));
  return size.tokens + Math.ceil(size.bytes / BYTES_PER_TOKEN);
}
