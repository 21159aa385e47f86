import { z } from 'zod';
import { SamplingFields, Usage } from '../chat/completion.ts';
import { listOf } from '../schemas/list-of.ts';

const { max_tokens, temperature, top_p, seed, stop, presence_penalty, frequency_penalty, stream, stream_options } =
  SamplingFields;

/**
 * `POST /v1/completions`: OpenAI's legacy completions, which continue a text. Format: OpenAI's completions reference;
 * unknown fields reach the upstream, where the caller can send them.
 */
export const TextCompletionRequest = z
  .looseObject({
    model: z.string().min(1).describe('An alias that serves `completions`; see `GET /v1/info`.'),
    prompt: z
      .union([z.string(), listOf(z.string()), listOf(z.int()), listOf(listOf(z.int()))])
      .nullable()
      .describe('A text, a list of texts, the tokens of a text, or a list of those.'),
    suffix: z.string().nullish().describe('The text after the one to insert.'),
    echo: z.boolean().nullish(),
    n: z.int().min(1).max(128).nullish(),
    best_of: z.int().min(1).nullish(),
    logprobs: z.int().min(0).nullish(),
    max_tokens,
    temperature,
    top_p,
    seed,
    stop,
    presence_penalty,
    frequency_penalty,
    stream,
    stream_options,
    user: z.string().nullish(),
  })
  .meta({ id: 'TextCompletionRequest' });
export type TextCompletionRequest = z.infer<typeof TextCompletionRequest>;

/** An answer; in a stream, each event has the same form with a piece of the text. */
export const TextCompletion = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int().describe('Unix time, in seconds.'),
    model: z.string().describe('The alias that was asked for.'),
    choices: listOf(
      z.looseObject({
        index: z.int(),
        text: z.string(),
        finish_reason: z.string().nullish(),
        logprobs: z.looseObject({}).nullish(),
      }),
    ),
    usage: Usage.nullish(),
  })
  .meta({ id: 'TextCompletion' });
export type TextCompletion = z.infer<typeof TextCompletion>;
