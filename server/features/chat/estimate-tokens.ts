import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';

/** Rather too few bytes for a token than too many: what is expected here is held before the request is sent. */
const BYTES_PER_TOKEN = 3;
/** Of a picture; vendors count about 85 to 1,600. */
const TOKENS_PER_PART = 1_600;
/** Of a sound, a film or a file that is larger than that, as it is sent; a page of a document has some ten thousand. */
const CHARS_PER_MEDIA_TOKEN = 200;
const TOKENS_PER_MESSAGE = 8;
/** When a request does not say how long its answer may be. */
const DEFAULT_ANSWER_TOKENS = 4_096;

export const tokensOf = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN);

const tokensOfText = (text: string): number => tokensOf(Buffer.byteLength(text));
const tokensOfJson = (value: unknown): number => (value == null ? 0 : tokensOfText(JSON.stringify(value)));

/** What a request may take at most, as far as one can tell before it is sent. */
export interface Expectation {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Pictures that it asks for. */
  readonly images: number;
}

interface ChatFields {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[] | null | undefined;
  readonly max_tokens?: number | null | undefined;
  readonly max_completion_tokens?: number | null | undefined;
  readonly response_format?: unknown;
  readonly n?: unknown;
}

interface Bounds {
  readonly minMaxTokens: number | null;
  readonly contextWindow: number | null;
  readonly output: readonly string[];
  readonly backends: readonly { readonly provider: { readonly defaultAnswerTokens?: number | undefined } }[];
}

function tokensOfPart(part: ContentPart): number {
  if (typeof part.text === 'string') return tokensOfText(part.text);
  const size = part.type === 'image_url' ? 0 : JSON.stringify(part).length;
  return Math.max(TOKENS_PER_PART, Math.ceil(size / CHARS_PER_MEDIA_TOKEN));
}

function tokensOfMessage({ content, role: _, images: __, ...rest }: ChatMessage): number {
  const other = Object.keys(rest).length > 0 ? tokensOfJson(rest) : 0;
  if (typeof content === 'string') return tokensOfText(content) + other;
  return (content ?? []).reduce((sum, part) => sum + tokensOfPart(part), other);
}

export const answersOf = (n: unknown): number => (typeof n === 'number' && n > 1 ? Math.ceil(n) : 1);

/** Of a chat. */
export function expectChat(
  request: ChatFields,
  { minMaxTokens, contextWindow, output, backends }: Bounds,
): Expectation {
  const prompt = request.messages.reduce((sum, message) => sum + TOKENS_PER_MESSAGE + tokensOfMessage(message), 0);
  const tools = (request.tools?.length ? tokensOfJson(request.tools) : 0) + tokensOfJson(request.response_format);
  // Upstreams differ in which of the two they obey.
  const asked = Math.max(request.max_completion_tokens ?? 0, request.max_tokens ?? 0);
  const defaults = backends.map(({ provider }) => provider.defaultAnswerTokens ?? DEFAULT_ANSWER_TOKENS);
  const answer = asked || Math.min(Math.max(DEFAULT_ANSWER_TOKENS, ...defaults), contextWindow ?? Infinity);
  const answers = answersOf(request.n);
  return {
    promptTokens: prompt + tools,
    completionTokens: Math.max(answer, minMaxTokens ?? 0) * answers,
    images: output.includes('image') ? answers : 0,
  };
}

/** Of pictures from a prompt. */
export const expectImages = (promptChars: number, inputImages: number, n: unknown): Expectation => ({
  promptTokens: tokensOf(promptChars) + inputImages * TOKENS_PER_PART,
  completionTokens: DEFAULT_ANSWER_TOKENS * answersOf(n),
  images: answersOf(n),
});
