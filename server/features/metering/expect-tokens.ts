import { bytesPerToken, measurePrompt, mostTokens, type Prompt, TOKENS_PER_IMAGE } from './prompt-size.ts';

/** When a request does not say how long its answer may be. */
const DEFAULT_ANSWER_TOKENS = 4_096;

/** Of a text; rather too many than too few. */
export const tokensOf = (bytes: number): number => Math.ceil(bytes / bytesPerToken.dense);

/** What a request may take at most, as far as one can tell before it is sent. */
export interface Expectation {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Pictures that it asks for. */
  readonly images: number;
}

interface ChatFields extends Prompt {
  readonly max_tokens?: number | null | undefined;
  readonly max_completion_tokens?: number | null | undefined;
  readonly n?: unknown;
}

interface Bounds {
  readonly minMaxTokens: number | null;
  readonly contextWindow: number | null;
  readonly output: readonly string[];
  readonly backends: readonly { readonly provider: { readonly defaultAnswerTokens?: number | undefined } }[];
}

export const answersOf = (n: unknown): number => (typeof n === 'number' && n > 1 ? Math.ceil(n) : 1);

/** Of a chat. */
export function expectChat(
  request: ChatFields,
  { minMaxTokens, contextWindow, output, backends }: Bounds,
): Expectation {
  // Upstreams differ in which of the two they obey.
  const asked = Math.max(request.max_completion_tokens ?? 0, request.max_tokens ?? 0);
  const defaults = backends.map(({ provider }) => provider.defaultAnswerTokens ?? DEFAULT_ANSWER_TOKENS);
  const answer = asked || Math.min(Math.max(DEFAULT_ANSWER_TOKENS, ...defaults), contextWindow ?? Infinity);
  const answers = answersOf(request.n);
  return {
    promptTokens: mostTokens(measurePrompt(request)),
    completionTokens: Math.max(answer, minMaxTokens ?? 0) * answers,
    images: output.includes('image') ? answers : 0,
  };
}

/** Of pictures from a prompt. */
export const expectImages = (promptChars: number, inputImages: number, n: unknown): Expectation => ({
  promptTokens: tokensOf(promptChars) + inputImages * TOKENS_PER_IMAGE,
  completionTokens: DEFAULT_ANSWER_TOKENS * answersOf(n),
  images: answersOf(n),
});
