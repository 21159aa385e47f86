import type { Dialect } from '../dialect.ts';
import { vendorPolicy } from '../field-policy.ts';
import { pickFields } from '../pick-fields.ts';
import type { Vendor } from '../provider-kind.ts';
import { nameRules } from '../tool-names.ts';
import { isSound, readAnswer } from './read-answer.ts';
import { AnthropicReader } from './read-events.ts';
import { DEFAULT_MAX_TOKENS, toRequest } from './to-request.ts';

/**
 * The newest version that still takes `temperature`, `top_p` and `top_k`. Version 2026-10-21 refuses them for every
 * model, and adds nothing that a chat needs.
 */
const API_VERSION = '2023-06-01';

export const anthropicVendor: Vendor = {
  baseUrl: 'https://api.anthropic.com/v1',
  apiKeyEnv: 'ANTHROPIC_API_KEY',
  // https://docs.claude.com/en/api/messages; the list is for chats that are translated.
  policy: vendorPolicy({ fields: ['top_k', 'thinking', 'output_config', 'cache_control', 'context_management'] }),
};
const COUNTED = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'];

/** Anthropic's Messages API. Format: its API reference and the types of its SDK (`@anthropic-ai/sdk` 1.12). */
export const anthropic: Dialect = {
  kind: 'anthropic',
  textAnswers: true,
  defaultAnswerTokens: DEFAULT_MAX_TOKENS,
  toolNames: nameRules.anthropic,
  headers: (apiKey) => ({ 'anthropic-version': API_VERSION, ...(apiKey ? { 'x-api-key': apiKey } : {}) }),
  toRequest,
  forwardVerbatim: ({ body, headers }, model, stream, maxTokens) => ({
    path: '/messages',
    body: { ...body, model, stream, ...(maxTokens === null ? {} : { max_tokens: maxTokens }) },
    headers: { ...headers },
  }),
  promptCount: {
    // See `MessageCountTokensParams` of its SDK: it refuses fields that only an answer needs, such as `max_tokens`.
    toRequest: ({ body }) => ({ path: '/messages/count_tokens', body: pickFields(body, COUNTED) }),
    field: 'input_tokens',
  },
  toCount: ({ body, headers }, model) => ({
    path: '/messages/count_tokens',
    body: { ...body, model },
    headers: { ...headers },
  }),
  readAnswer,
  isSound,
  createReader: (alias, passes) => new AnthropicReader(alias, passes),
  healthPath: '/models',
  listPath: '/models?limit=1000',
};
