import { z } from 'zod';
import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { isEmpty } from '../idle-fields.ts';
import { expectOnly, unsupported } from './refuse.ts';
import { toInput } from './to-input.ts';
import { toToolChoice, toTools } from './to-tools.ts';

/**
 * How much of its reasoning a model is asked to show. `none`: nothing is asked, because OpenAI refuses summaries to
 * unverified organizations.
 */
export type ReasoningSummary = 'auto' | 'concise' | 'detailed' | 'none';

/** Fields with the same name and meaning on both sides. */
const SAME = [
  'temperature',
  'top_p',
  'parallel_tool_calls',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'metadata',
] as const;

const TRANSLATED: ReadonlySet<string> = new Set([
  ...SAME,
  ...'model messages stream stream_options max_tokens max_completion_tokens logprobs top_logprobs'.split(' '),
  ...'reasoning_effort reasoning verbosity response_format tools tool_choice store modalities'.split(' '),
]);

/** Values that ask for nothing, which many clients always send. */
const NO_OPS = tableOf<(value: unknown) => boolean>({
  n: (value) => value === 1,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  stop: (value) => Array.isArray(value) && value.length === 0,
  logit_bias: isEmpty,
});

/** OpenAI's models that do not reason. They refuse a request for their reasoning. */
const PLAIN_MODEL = /(^|[/:])(ft:)?(gpt-3|gpt-4|chatgpt-)|-chat-latest$|^gpt-5(\.\d+)?-chat/;

const Reasoning = z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() });
const Modalities = z.array(z.string());

function checkFields(request: ChatCompletionRequest): void {
  for (const [key, value] of Object.entries(request)) {
    if (value == null || TRANSLATED.has(key) || NO_OPS[key]?.(value)) continue;
    throw unsupported(key, `'${key}'`);
  }
  if (request.top_logprobs && !request.logprobs) {
    throw invalidField('top_logprobs', 'top_logprobs needs logprobs: true.');
  }
}

/** Translates the effort. `reasoning` is OpenRouter's name for it, and the only field that can choose the summary. */
function toReasoning({ reasoning, reasoning_effort }: ChatCompletionRequest, model: string, usual: ReasoningSummary) {
  const asked = Reasoning.safeParse(reasoning ?? {}).data;
  if (!asked) throw invalidField('reasoning', 'reasoning must be an object.');
  expectOnly(asked, new Set(['effort', 'summary']), 'reasoning');
  const effort = asked.effort ?? reasoning_effort ?? undefined;
  const byDefault = PLAIN_MODEL.test(model) || effort === 'none' ? 'none' : usual;
  const summary = asked.summary ?? (byDefault === 'none' ? undefined : byDefault);
  return effort === undefined && summary === undefined ? undefined : { effort, summary };
}

const FORMATS: ReadonlySet<string> = new Set(['text', 'json_object', 'json_schema']);

/** `json_schema` is nested in chat completions and flat here. */
function toText({ response_format: format, verbosity }: ChatCompletionRequest) {
  if (format && !FORMATS.has(format.type)) throw unsupported('response_format.type', `The format '${format.type}'`);
  const flat = format?.type === 'json_schema' ? { type: format.type, ...format.json_schema } : format;
  return flat || verbosity ? { format: flat ?? undefined, verbosity } : undefined;
}

/** The tool with which a model answers in pictures, when the client asks for them. */
function imageTool({ modalities, tools }: ChatCompletionRequest): object[] {
  const wanted = Modalities.safeParse(modalities ?? ['text']).data;
  const other = wanted?.findIndex((modality) => modality !== 'text' && modality !== 'image');
  if (!wanted || other === undefined) throw invalidField('modalities');
  if (other >= 0) throw unsupported(`modalities[${other}]`, `The modality '${wanted[other]}'`);
  const has = tools?.some(({ type }) => type === 'image_generation');
  return wanted.includes('image') && !has ? [{ type: 'image_generation' }] : [];
}

function toToolFields(request: ChatCompletionRequest) {
  const tools = [...toTools(request.tools ?? []), ...imageTool(request)];
  const choice = request.tool_choice ?? undefined;
  const idle = tools.length === 0 && (choice === 'auto' || choice === 'none');
  return {
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: choice === undefined || idle ? undefined : toToolChoice(choice),
  };
}

/** Translates `stream_options`. Obfuscation has the same field here; the usage always comes. */
function toStreamFields({ stream_options: options }: ChatCompletionRequest, stream: boolean) {
  expectOnly(options ?? {}, new Set(['include_usage', 'include_obfuscation']), 'stream_options');
  if (!stream) return {};
  const obfuscation = options?.include_obfuscation;
  return { stream, stream_options: obfuscation == null ? undefined : { include_obfuscation: obfuscation } };
}

/**
 * Translates a chat completion request to the body of `POST /responses`. Nothing is stored upstream unless the client
 * asks for it; reasoning is returned encrypted instead, so that the next request can include it. Format: OpenAI's API
 * reference, "Create a model response".
 */
export function toResponsesBody(
  request: ChatCompletionRequest,
  model: string,
  stream: boolean,
  summary: ReasoningSummary,
): object {
  checkFields(request);
  const include = [
    ...(PLAIN_MODEL.test(model) ? [] : ['reasoning.encrypted_content']),
    ...(request.logprobs ? ['message.output_text.logprobs'] : []),
  ];
  return {
    model,
    input: toInput(request.messages),
    ...Object.fromEntries(SAME.flatMap((field) => (request[field] == null ? [] : [[field, request[field]]]))),
    max_output_tokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    top_logprobs: request.top_logprobs ?? undefined,
    reasoning: toReasoning(request, model, summary),
    text: toText(request),
    ...toToolFields(request),
    store: request.store ?? false,
    include: include.length > 0 ? include : undefined,
    ...toStreamFields(request, stream),
  };
}
