import { isRecord } from '../../canonical/json.ts';
import { RequestScale } from './measure-request.ts';
import { MeasuredPrompt, type PromptMeasure } from './measured-prompt.ts';

/** The longest answer to a request that names none, where the vendor's own limit is not known either. */
const DEFAULT_ANSWER_TOKENS = 16_384;

/** A picture of the highest quality has 6,208 tokens (gpt-image-1, 1536x1024). */
const TOKENS_PER_MADE_IMAGE = 8_192;

/** Gemini's models put several pictures into one answer when they illustrate a text. */
const MOST_IMAGES_PER_ANSWER = 10;

/** An estimate of the tokens that a request may use, made before it is sent. */
export interface Expectation {
  /** The whole request; rather too many than too few. */
  readonly prompt: PromptMeasure;
  /** False when the vendor may add to the prompt, as its own tools do. */
  readonly isPromptBounded: boolean;
  /** The longest that one answer can become, in tokens. */
  readonly answerTokens: number;
  /** Whether the request or the vendor limits each answer to that length. */
  readonly isBounded: boolean;
  /** How many answers there are. */
  readonly answers: number;
  /** Pictures that are made. */
  readonly images: number;
  /** The most pictures that are paid for, however many an upstream sends. */
  readonly mostImages: number;
  /** The shortest answer that makes sense, in tokens: the reasoning that was asked for has to fit. */
  readonly leastAnswerTokens: number;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/**
 * The fields that limit the length of an answer: OpenAI's names, and those of model servers. llama.cpp obeys
 * `n_predict` first.
 */
export const LENGTHS = [
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'max_new_tokens',
  'n_predict',
  'num_predict',
  'min_tokens',
] as const;

/**
 * The fields that every upstream obeys. Many upstreams ignore the other fields, so those alone do not limit an answer.
 */
export const OBEYED_LENGTHS: readonly string[] = ['max_tokens', 'max_completion_tokens'];

/** Upstreams differ in which of several lengths they obey: the longest counts. Null: none, or one without an end. */
function askedLength(request: Readonly<Record<string, unknown>>): number | null {
  if (OBEYED_LENGTHS.every((name) => request[name] == null)) return null;
  const lengths = LENGTHS.map((name) => request[name]).filter((value) => value != null);
  return lengths.every((length) => isNumber(length) && length > 0) ? Math.ceil(Math.max(...lengths.map(Number))) : null;
}

/** No model has room for a megabyte of prediction: its upper bound will do. */
function tokensOfPrediction(prediction: unknown): number {
  if (prediction == null) return 0;
  const scale = new RequestScale({ prediction });
  return scale.isLong ? scale.estimate().ceiling : scale.estimate().tokens;
}

/**
 * What may come on top of the length that was asked for: a predicted output, of which OpenAI bills what the model rejects
 * (https://platform.openai.com/docs/guides/predicted-outputs), and reasoning that Qwen's servers count on its own.
 */
function extraTokens({ prediction, thinking_budget: budget }: Readonly<Record<string, unknown>>): number {
  return tokensOfPrediction(prediction) + (isNumber(budget) && budget > 0 ? Math.ceil(budget) : 0);
}

/**
 * How servers call the number of answers: OpenAI, `best_of` of completions and of vLLM, llama.cpp's `n_cmpl`, and what is
 * named after `generate` of Hugging Face's Transformers. A beam search makes as many answers as it has beams.
 */
const COUNTS = [
  ...['n', 'best_of', 'n_cmpl', 'num_return_sequences', 'num_completions', 'num_generations', 'num_samples'],
  ...['num_beams', 'beam_width', 'beam_size', 'candidate_count'],
] as const;

/** Fields in which servers take settings of sampling, beside those of the request itself. */
const HOLDERS = ['sampling_params', 'options', 'parameters', 'generation_config', 'extra_body', 'vllm_xargs'] as const;

/** A count that a server may read in a value: some also take texts of digits. */
const countOf = (value: unknown): number =>
  (typeof value === 'string' ? Number(value) : isNumber(value) ? value : 0) || 0;

/** The number of answers, and nothing that some server could take for it. */
function answersOf(request: Readonly<Record<string, unknown>>): number {
  const holders = [request, ...HOLDERS.map((name) => request[name]).filter(isRecord)];
  const counts = holders.flatMap((holder) => COUNTS.map((name) => countOf(holder[name])));
  return Math.ceil(Math.min(MOST_ANSWERS, Math.max(1, ...counts)));
}

/** More answers are never made, and sums must stay exact. */
const MOST_ANSWERS = 1_000_000;

/** The reasoning that a request asks for by its length: Anthropic's `thinking`, OpenRouter's `reasoning`. */
function reasoningTokens({ thinking, reasoning }: Readonly<Record<string, unknown>>): number {
  const budgets: unknown[] = [Object(thinking).budget_tokens, Object(reasoning).max_tokens];
  return Math.max(0, ...budgets.filter(isNumber));
}

/** The limits of a model's answers that do not come from the request. */
interface Bounds {
  readonly minMaxTokens: number | null;
  readonly contextWindow: number | null;
  readonly output: readonly string[];
  readonly hostedTools: boolean;
}

interface Answering {
  readonly provider: { readonly defaultAnswerTokens?: number | undefined };
}

/**
 * The longest answer to a request without a length: the one that the gateway sends where a vendor needs a length, else
 * a guess.
 */
function defaultLength({ contextWindow }: Bounds, backends: readonly Answering[]) {
  const lengths = backends.map(({ provider }) => provider.defaultAnswerTokens);
  const answerTokens = Math.max(...lengths.map((length) => length ?? DEFAULT_ANSWER_TOKENS));
  return {
    answerTokens: Math.min(answerTokens, contextWindow ?? Number.POSITIVE_INFINITY),
    isBounded: lengths.every((length) => length !== undefined),
  };
}

const isHosted = (tool: unknown): boolean => {
  const type: unknown = Object(tool).type;
  return type != null && type !== 'function' && type !== 'custom';
};

/** Whether a vendor's own search or files may come into the prompt, or a template of the client's that repeats it. */
const mayGrow = (request: Readonly<Record<string, unknown>>): boolean =>
  ['plugins', 'web_search_options', 'chat_template'].some((name) => request[name] != null) ||
  (Array.isArray(request.tools) && request.tools.some(isHosted));

/** A request, and what is measured of it when that is needed. */
export interface Measurable {
  /** The fields that steer the answer. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The whole request, in each form in which it may be sent. */
  forms(): readonly object[];
}

/** The expected tokens of a chat or a legacy completion. */
export function expectAnswer(
  { fields, forms }: Measurable,
  bounds: Bounds & { readonly backends: readonly Answering[] },
): Expectation {
  const asked = askedLength(fields);
  const { answerTokens, isBounded } =
    asked === null ? defaultLength(bounds, bounds.backends) : { answerTokens: asked, isBounded: true };
  const answers = answersOf(fields);
  return {
    prompt: new MeasuredPrompt(forms),
    isPromptBounded: !bounds.hostedTools && !mayGrow(fields),
    answerTokens: Math.max(answerTokens, bounds.minMaxTokens ?? 0) + extraTokens(fields),
    isBounded,
    answers,
    images: bounds.output.includes('image') ? answers : 0,
    mostImages: answers * MOST_IMAGES_PER_ANSWER,
    leastAnswerTokens: reasoningTokens(fields),
  };
}

/** The expected tokens of requests without an answer in tokens: embeddings, and calls that are forwarded verbatim. */
export const expectPrompt = (prompt: PromptMeasure): Expectation => ({
  prompt,
  isPromptBounded: true,
  answerTokens: 0,
  isBounded: true,
  answers: 1,
  images: 0,
  mostImages: 0,
  leastAnswerTokens: 0,
});

/**
 * The expected tokens of pictures. A backend that makes pictures in chats gets the whole request once for each picture.
 */
export function expectImages(request: Readonly<Record<string, unknown>>): Expectation {
  const images = answersOf({ n: request.n });
  return {
    prompt: new MeasuredPrompt(() => [request], images),
    isPromptBounded: true,
    answerTokens: TOKENS_PER_MADE_IMAGE,
    isBounded: false,
    answers: images,
    images,
    mostImages: images,
    leastAnswerTokens: 0,
  };
}
