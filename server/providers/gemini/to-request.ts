import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { DialectRequest } from '../dialect.ts';
import { asksForSomething, GATEWAY_FIELDS } from '../idle-fields.ts';
import { asObject, refuseOthers, unsupported } from './refuse.ts';
import { toContents } from './to-contents.ts';
import { toGenerationConfig } from './to-generation-config.ts';
import { toTools } from './to-tools.ts';

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

const KNOWN: ReadonlySet<string> = new Set([...GATEWAY_FIELDS, ...MAPPED]);

/** Whether tools may be called at once matters only where there are tools. */
const isIdle = (field: string, value: unknown, { tools }: ChatCompletionRequest): boolean =>
  field === 'parallel_tool_calls' && (value === true || !tools?.length);

function refuseUnplaced(request: ChatCompletionRequest): void {
  for (const [field, value] of Object.entries(request)) {
    if (KNOWN.has(field) || !asksForSomething(field, value) || isIdle(field, value, request)) continue;
    throw unsupported(field, field);
  }
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
  if (!Array.isArray(given)) throw invalidField('safety_settings', 'This must be a list of {category, threshold}.');
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
