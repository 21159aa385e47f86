import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { DialectRequest } from '../dialect.ts';
import { asObject, refuseOthers } from './refuse.ts';
import { toContents } from './to-contents.ts';
import { toGenerationConfig } from './to-generation-config.ts';
import { toTools } from './to-tools.ts';

/** Said to the gateway or about the client: it changes nothing in the answer, and the vendor need not know it. */
const OWN = [
  'model',
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'metadata',
];

const MAPPED = [
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'n',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'tools',
  'tool_choice',
  'response_format',
  'modalities',
  'image_config',
  'safety_settings',
  'extra_body',
];

/** Fields without a place whose usual value asks for what Gemini does anyway. */
const NO_OPS: Readonly<Record<string, readonly unknown[]>> = {
  parallel_tool_calls: [true],
  store: [false],
  service_tier: ['auto', 'default'],
  verbosity: ['medium'],
  function_call: ['auto', 'none'],
};

const KNOWN: ReadonlySet<string> = new Set([...OWN, ...MAPPED]);

function refuseUnplaced(request: ChatCompletionRequest): void {
  const { parallel_tool_calls: _unused, ...toolless } = request;
  const said = request.tools?.length ? request : toolless;
  const asked = Object.entries(said).filter(([key, value]) => !NO_OPS[key]?.includes(value));
  refuseOthers(Object.fromEntries(asked), KNOWN, '');
}

/** Reads `extra_body.google`, in which Google's own OpenAI-compatible API takes what OpenAI's API has no field for. */
function readExtension(extra: unknown): Record<string, unknown> {
  if (extra == null) return {};
  const body = asObject(extra, 'extra_body');
  refuseOthers(body, new Set(['google']), 'extra_body');
  if (body.google == null) return {};
  const google = asObject(body.google, 'extra_body.google');
  refuseOthers(google, new Set(['thinking_config', 'cached_content']), 'extra_body.google');
  return google;
}

function toSafety(given: unknown): object {
  if (given == null) return {};
  if (!Array.isArray(given)) throw invalidField('safety_settings', 'A list of {category, threshold} is expected.');
  return { safetySettings: given };
}

/** The path of a model: `models/<name>`. A name with a slash, such as `tunedModels/<name>`, is a path already. */
const pathOf = (model: string) =>
  (model.includes('/') ? model : `models/${model}`).split('/').map(encodeURIComponent).join('/');

/**
 * Translates a chat. Format: https://ai.google.dev/api/generate-content, v1beta. Throws `invalid_field` for an
 * unsupported field.
 */
export function toRequest(request: ChatCompletionRequest, model: string, stream: boolean): DialectRequest {
  refuseUnplaced(request);
  const extension = readExtension(request.extra_body);
  const generationConfig = toGenerationConfig(request, model, extension.thinking_config);
  const body = {
    ...toContents(request.messages, model),
    ...toTools(request),
    ...(generationConfig ? { generationConfig } : {}),
    ...toSafety(request.safety_settings),
    ...(extension.cached_content == null ? {} : { cachedContent: extension.cached_content }),
  };
  return { path: `/${pathOf(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, body };
}
