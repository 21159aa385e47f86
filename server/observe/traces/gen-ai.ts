import type { Attributes } from '@opentelemetry/api';
import type { AskedBackend } from '../../features/access/request-watch.ts';
import { toUsd } from '../../features/metering/micro-usd.ts';
import type { UsageRow } from '../../store/interface/usage.ts';

/** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, as of its version 1.41. */
const OPERATIONS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/embeddings/, 'embeddings'],
  [/^v1\.completions/, 'text_completion'],
  [/images|audio/, 'generate_content'],
];

/** The conventions' name of the vendor of a dialect. Every other dialect is `openai`. */
const PROVIDERS: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  gemini: 'gcp.gemini',
  embedded: 'duplex.embedded',
};

/** The conventions' names of vendors of OpenAI's chat completions, by the id of the provider in the models file. */
const VENDORS: Readonly<Record<string, string>> = {
  deepseek: 'deepseek',
  groq: 'groq',
  mistral: 'mistral_ai',
  perplexity: 'perplexity',
  xai: 'x_ai',
};

/** The conventions' name of an operation, such as `chat` for `v1.messages`. */
export const operationName = (operation: string): string =>
  OPERATIONS.find(([pattern]) => pattern.test(operation))?.[1] ?? 'chat';

/** The attributes of a request to one backend, before its answer is known. */
export const askedAttributes = (operation: string, { name, model, provider }: AskedBackend): Attributes => ({
  'gen_ai.operation.name': operationName(operation),
  'gen_ai.provider.name': PROVIDERS[provider.kind] ?? VENDORS[provider.id] ?? 'openai',
  'gen_ai.request.model': model,
  'duplex.backend': name,
});

/**
 * The usage of a request. `gen_ai.usage.cost` is not part of the conventions, but Langfuse and OpenLIT read it. A request that
 * costs nothing has none: OpenTelemetry would send 0 as an integer, and stores that take the type of a field from its first
 * value would then cut off the cents of all costs after it.
 */
export const usedAttributes = (row: UsageRow): Attributes => ({
  'gen_ai.usage.input_tokens': row.promptTokens,
  'gen_ai.usage.output_tokens': row.completionTokens,
  ...(row.cost > 0 ? { 'gen_ai.usage.cost': toUsd(row.cost) } : {}),
  ...(row.cachedTokens > 0 ? { 'gen_ai.usage.cache_read.input_tokens': row.cachedTokens } : {}),
  ...(row.cacheWriteTokens > 0 ? { 'gen_ai.usage.cache_creation.input_tokens': row.cacheWriteTokens } : {}),
  ...(row.reasoningTokens > 0 ? { 'gen_ai.usage.reasoning.output_tokens': row.reasoningTokens } : {}),
  ...(row.model === null ? {} : { 'gen_ai.response.model': row.model }),
});
