import type { ChatMessage } from '../../../contracts/chat/message.ts';

/** Rather too few characters for a token than too many: what is expected here is held before the request is sent. */
const CHARS_PER_TOKEN = 3;
/** Of a picture, a sound or a file; vendors count about 85 to 1,600. */
const TOKENS_PER_PART = 1_600;
const TOKENS_PER_MESSAGE = 8;
/** When a request does not say how long its answer may be. */
const DEFAULT_ANSWER_TOKENS = 4_096;

export const tokensOf = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN);

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
  readonly n?: unknown;
}

interface Bounds {
  readonly minMaxTokens: number | null;
  readonly contextWindow: number | null;
  readonly output: readonly string[];
}

function tokensOfMessage(message: ChatMessage): number {
  const { content, ...rest } = message;
  const other = 'tool_calls' in rest && rest.tool_calls ? tokensOf(JSON.stringify(rest.tool_calls).length) : 0;
  if (typeof content === 'string') return tokensOf(content.length) + other;
  const parts = content ?? [];
  return parts.reduce(
    (sum, part) => sum + (typeof part.text === 'string' ? tokensOf(part.text.length) : TOKENS_PER_PART),
    other,
  );
}

export const answersOf = (n: unknown): number => (typeof n === 'number' && n > 1 ? Math.ceil(n) : 1);

/** Of a chat. */
export function expectChat(request: ChatFields, { minMaxTokens, contextWindow, output }: Bounds): Expectation {
  const prompt = request.messages.reduce((sum, message) => sum + TOKENS_PER_MESSAGE + tokensOfMessage(message), 0);
  const tools = request.tools?.length ? tokensOf(JSON.stringify(request.tools).length) : 0;
  const asked = request.max_completion_tokens ?? request.max_tokens;
  const answer = asked ?? Math.min(DEFAULT_ANSWER_TOKENS, contextWindow ?? DEFAULT_ANSWER_TOKENS);
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
