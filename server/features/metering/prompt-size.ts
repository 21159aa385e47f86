import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';

/**
 * How many bytes of text a token has, where nobody counted: dense scripts are taken where it must not be too few tokens,
 * code and JSON for what agents send, prose for what models answer.
 */
export const bytesPerToken = { dense: 3, code: 3.5, prose: 4 } as const;

/** Of a picture, in tokens; vendors count about 85 to 1,600. */
export const TOKENS_PER_IMAGE = 1_600;

/** A page of a PDF, with text and picture: Anthropic counts 1,500 to 3,000 tokens of text. Its size is in bytes. */
const TOKENS_PER_PAGE = 2_000;
const BYTES_PER_PAGE = 40_000;

/** Sounds and films, as they are sent: rather few for a token. */
const CHARS_PER_MEDIA_TOKEN = 200;

/** A prompt, measured. */
export interface PromptSize {
  readonly messages: number;
  /** Texts, thoughts, calls and tools, in bytes. */
  readonly bytes: number;
  /** What else goes with the messages: ids, names, signatures; in bytes of JSON. */
  readonly otherBytes: number;
  /** Of pictures, sounds, films and files. */
  readonly mediaTokens: number;
}

/** What of a chat becomes tokens. */
export interface Prompt {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[] | null | undefined;
  readonly response_format?: unknown;
}

const bytesOfJson = (value: unknown) => (value == null ? 0 : Buffer.byteLength(JSON.stringify(value)));

function tokensOfMedia(part: ContentPart): number {
  if (part.type === 'image_url') return TOKENS_PER_IMAGE;
  const chars = JSON.stringify(part).length;
  // Of four characters of base64, three are bytes.
  if (part.type === 'file') return Math.ceil((chars * 0.75) / BYTES_PER_PAGE) * TOKENS_PER_PAGE;
  return Math.max(TOKENS_PER_IMAGE, Math.ceil(chars / CHARS_PER_MEDIA_TOKEN));
}

/** One size for every estimate, with what each of them takes for a token. */
export function measurePrompt({ messages, tools, response_format: format }: Prompt): PromptSize {
  let bytes = (tools?.length ? bytesOfJson(tools) : 0) + bytesOfJson(format);
  let otherBytes = 0;
  let mediaTokens = 0;
  for (const { content, role: _, images: __, ...rest } of messages) {
    if (typeof content === 'string') bytes += Buffer.byteLength(content);
    else {
      for (const part of content ?? []) {
        if (typeof part.text === 'string') bytes += Buffer.byteLength(part.text);
        else mediaTokens += tokensOfMedia(part);
      }
    }
    if (Object.keys(rest).length === 0) continue;
    const said = bytesOfJson(rest.tool_calls?.map((call) => call.function)) + bytesOfJson(rest.reasoning_content);
    bytes += said;
    otherBytes += Math.max(0, bytesOfJson(rest) - said);
  }
  return { messages: messages.length, bytes, otherBytes, mediaTokens };
}

/** Role and marks of one message. */
const TOKENS_PER_MESSAGE = 4;

/** As near as can be told without asking anybody. */
export function likelyTokens({ messages, bytes, mediaTokens }: PromptSize): number {
  return messages * TOKENS_PER_MESSAGE + mediaTokens + Math.ceil(bytes / bytesPerToken.code);
}

/** Rather too many than too few. */
export function mostTokens({ messages, bytes, otherBytes, mediaTokens }: PromptSize): number {
  return messages * TOKENS_PER_MESSAGE * 2 + mediaTokens + Math.ceil((bytes + otherBytes) / bytesPerToken.dense);
}
