import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';
import { ChatMessage, ImagePart, ResponseFormat, Tool, ToolCall, ToolChoice } from './message.ts';

/** Fields that steer the answer; the same on `/v1` and `/c1`. Whatever is not listed reaches the upstream as it is. */
export const SamplingFields = {
  max_tokens: z.int().min(1).nullish().describe('The longest answer, in tokens; models may raise it to their minimum.'),
  max_completion_tokens: z.int().min(1).nullish().describe('Newer name of `max_tokens`.'),
  n: z.int().min(1).max(128).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), listOf(z.string())]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  reasoning_effort: z.string().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  tools: listOf(Tool).nullish(),
  tool_choice: ToolChoice.nullish(),
  response_format: ResponseFormat.nullish(),
  modalities: listOf(z.string())
    .nullish()
    .describe('What the answer can contain; default for models with image output: `["image","text"]`.'),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish() })
    .nullish()
    .describe('`include_usage: true` asks for a last chunk with the usage.'),
  usage: z
    .looseObject({ include: z.boolean().nullish() })
    .nullish()
    .describe('`include: true` asks for the usage, with its `cost` in USD.'),
};

/**
 * `POST /v1/chat/completions`. Format: OpenAI's chat completions reference. Unknown fields reach the upstream: those of a key
 * only where the operator allows them.
 */
export const ChatCompletionRequest = z
  .looseObject({
    model: z.string().min(1).describe('An alias of `GET /v1/models`.'),
    messages: listOf(ChatMessage).min(1),
    user: z.string().nullish(),
    ...SamplingFields,
  })
  .meta({ id: 'ChatCompletionRequest' });
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

/** Token counts of one answer. */
export const Usage = z
  .looseObject({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z
      .looseObject({ cached_tokens: z.int().nullish() })
      .nullish()
      .describe('`cached_tokens`: prompt tokens that the upstream had in its KV cache.'),
    completion_tokens_details: z.looseObject({ reasoning_tokens: z.int().nullish() }).nullish(),
    cost: z.number().nullish().describe('In USD, when `usage: {"include": true}` asked for it.'),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;

export const AssistantMessage = z
  .looseObject({
    role: z.literal('assistant'),
    content: z.string().nullable(),
    refusal: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: listOf(ToolCall).nullish(),
    images: listOf(ImagePart).nullish().describe('Pictures that the model made, as data URIs.'),
  })
  .meta({ id: 'AssistantMessage' });
export type AssistantMessage = z.infer<typeof AssistantMessage>;

export const ChatCompletion = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int().describe('Unix time, in seconds.'),
    model: z.string().describe('The alias that was asked for.'),
    choices: listOf(
      z.looseObject({
        index: z.int(),
        message: AssistantMessage,
        finish_reason: z.string().nullable(),
        logprobs: z.looseObject({}).nullish(),
      }),
    ),
    usage: Usage.nullish(),
  })
  .meta({ id: 'ChatCompletion' });
export type ChatCompletion = z.infer<typeof ChatCompletion>;

/** A piece of a tool call: `index` says which call it continues; `id` and `name` come with the first piece. */
export const ToolCallDelta = z
  .looseObject({
    index: z.int(),
    id: z.string().nullish(),
    type: z.string().nullish(),
    function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
  })
  .meta({ id: 'ToolCallDelta' });
export type ToolCallDelta = z.infer<typeof ToolCallDelta>;

export const ChatDelta = z
  .looseObject({
    role: z.string().nullish(),
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
    tool_calls: listOf(ToolCallDelta).nullish(),
    images: listOf(ImagePart).nullish(),
  })
  .meta({ id: 'ChatDelta' });
export type ChatDelta = z.infer<typeof ChatDelta>;

/** One event of a streamed answer. */
export const ChatCompletionChunk = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int().describe('Unix time, in seconds.'),
    model: z.string().describe('The alias that was asked for.'),
    choices: listOf(
      z.looseObject({
        index: z.int(),
        delta: ChatDelta,
        finish_reason: z.string().nullish(),
        logprobs: z.looseObject({}).nullish(),
      }),
    ),
    usage: Usage.nullish().describe('On the last chunk, when `stream_options.include_usage` asked for it.'),
  })
  .meta({ id: 'ChatCompletionChunk' });
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
