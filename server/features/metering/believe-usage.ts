import type { Usage } from '../../../contracts/chat/completion.ts';
import { isObject } from '../../canonical/json.ts';
import type { Expectation } from './expect-tokens.ts';

/** The counts that a request is paid by. */
export interface BelievedUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWriteHourTokens: number;
  readonly reasoningTokens: number;
  readonly images: number;
  /** Whether a count is the gateway's own. */
  readonly isEstimated: boolean;
  /** Whether the upstream claimed more than the request could have used. */
  readonly isExcessive: boolean;
}

/** No upstream means more than this, and no column holds more. */
const MAX_COUNT = 2 ** 31 - 1;

/** Reads a count from any value that an upstream sent. A value that is not a count is 0. */
export const toCount = (value: unknown): number =>
  typeof value === 'number' && value >= 0 ? Math.floor(Math.min(value, MAX_COUNT)) : 0;

/** Templates and the instructions that vendors add for tools have no bytes in the request: some hundreds of tokens. */
const TEMPLATE_TOKENS = 1_000;

/** Some servers count the mark at the end of an answer beyond its longest length. */
const END_TOKENS = 16;

const fieldOf = (holder: unknown, name: string): unknown => (isObject(holder) ? holder[name] : undefined);

/** Prompt tokens that were written into a cache, by the names of Anthropic, OpenRouter and LiteLLM; at most the whole prompt. */
function cacheWrites(
  usage: Usage | null,
  promptTokens: number,
): Pick<BelievedUsage, 'cacheWriteTokens' | 'cacheWriteHourTokens'> {
  const details = fieldOf(usage, 'prompt_tokens_details');
  const written = fieldOf(details, 'cache_write_tokens') ?? fieldOf(details, 'cache_creation_tokens');
  const all = Math.min(promptTokens, toCount(written ?? fieldOf(usage, 'cache_creation_input_tokens')));
  const byTime =
    fieldOf(details, 'cache_creation') ??
    fieldOf(details, 'cache_creation_token_details') ??
    fieldOf(usage, 'cache_creation');
  const hour = Math.min(all, toCount(fieldOf(byTime, 'ephemeral_1h_input_tokens')));
  return { cacheWriteTokens: all - hour, cacheWriteHourTokens: hour };
}

/**
 * A server that counts one answer of several: what it says is nearer to one than to all of them, in ratio. Counts are
 * estimates here, so the border between the two is in the middle.
 */
const countsOneAnswer = (claimed: number, counted: () => number, answers: number): boolean =>
  answers > 1 && claimed * Math.sqrt(answers) < counted();

/** A claimed count, and what is made of it. */
interface Judged {
  readonly tokens: number;
  readonly verdict: 'believed' | 'estimated' | 'excessive';
}

const believed = (tokens: number): Judged => ({ tokens, verdict: 'believed' });

/** The tokens of a generated picture where the upstream gave no count (Gemini's figure). */
const TOKENS_PER_MADE_IMAGE = 1_290;

/** The longest answer of any model, in tokens. It applies where neither the request nor the vendor limits an answer. */
const LONGEST_ANSWER = 131_072;

function judgePrompt(claimed: number, { expected, unmeasuredBytes }: Evidence): Judged {
  // A token is at least a byte, so no text has more; measuring the request would cost more.
  if (claimed > 0 && claimed <= unmeasuredBytes + TEMPLATE_TOKENS) return believed(claimed);
  const { prompt, isPromptBounded } = expected();
  // A prompt is never nothing.
  if (claimed === 0) return { tokens: prompt.tokens, verdict: 'estimated' };
  if (!isPromptBounded || claimed <= prompt.ceiling + TEMPLATE_TOKENS) return believed(claimed);
  return { tokens: prompt.tokens, verdict: 'excessive' };
}

function judgeCompletion(claimed: number, { expected, tokens, images }: Evidence): Judged {
  const counted = () => tokens() + images * TOKENS_PER_MADE_IMAGE;
  if (claimed === 0) return { tokens: counted(), verdict: counted() > 0 ? 'estimated' : 'believed' };
  const { answers, answerTokens, isBounded } = expected();
  if (countsOneAnswer(claimed, tokens, answers)) return { tokens: tokens(), verdict: 'estimated' };
  const longest = (isBounded ? answerTokens + END_TOKENS : LONGEST_ANSWER) * answers;
  // Tokens that arrived were used, even when the upstream exceeded the requested length.
  if (claimed <= longest || claimed <= counted()) return believed(claimed);
  return { tokens: Math.max(isBounded ? answerTokens * answers : 0, counted()), verdict: 'excessive' };
}

/** The gateway's own measurements of a request, made without the upstream. */
export interface Evidence {
  /** Asked for only when it is needed: measuring a request costs as much as it has bytes. */
  expected(): Expectation;
  /** The bytes of a request that is not worth measuring, because nobody pays for it; else 0. */
  readonly unmeasuredBytes: number;
  /** The tokens of all answers, as far as they can be told from their texts; asked for only when it is needed. */
  tokens(): number;
  /** The pictures in them. */
  readonly images: number;
}

/**
 * The counts that a request is paid by. Those of the upstream are taken when they can be true. Where there are none, or
 * zeros beside an answer, or those of one answer of several, the gateway's own count stands for them; where they exceed
 * what the request could have used, what was expected of it does.
 */
export function believeUsage(usage: Usage | null, claim: Evidence): BelievedUsage {
  const images = claim.images > 0 ? Math.min(claim.images, claim.expected().mostImages) : 0;
  const evidence = { ...claim, images };
  const prompt = judgePrompt(toCount(fieldOf(usage, 'prompt_tokens')), evidence);
  const completion = judgeCompletion(toCount(fieldOf(usage, 'completion_tokens')), evidence);
  return {
    promptTokens: prompt.tokens,
    completionTokens: completion.tokens,
    cachedTokens: Math.min(prompt.tokens, toCount(fieldOf(fieldOf(usage, 'prompt_tokens_details'), 'cached_tokens'))),
    ...cacheWrites(usage, prompt.tokens),
    reasoningTokens: Math.min(
      completion.tokens,
      toCount(fieldOf(fieldOf(usage, 'completion_tokens_details'), 'reasoning_tokens')),
    ),
    isEstimated: usage === null || prompt.verdict !== 'believed' || completion.verdict !== 'believed',
    images,
    isExcessive: prompt.verdict === 'excessive' || completion.verdict === 'excessive' || claim.images > images,
  };
}
