import { ownPolicy, unknownPolicy, vendorPolicy } from './field-policy.ts';
import type { Quirks } from './openai-compatible/quirks.ts';
import type { FieldPolicy } from './provider.ts';

/** What is known about one vendor that speaks OpenAI's chat completions. */
interface Preset {
  readonly baseUrl: string;
  /** The variable that holds the key; local servers work without. */
  readonly apiKeyEnv: string;
  readonly quirks: Quirks;
  /** Which fields keys may send. */
  readonly policy: FieldPolicy;
  /** The same at the vendor's own cloud, where a preset is of a server that people run themselves. */
  readonly cloud?: { readonly baseUrl: string; readonly policy: FieldPolicy };
}

/**
 * Vendors by name, as `preset:` in the models file has it. Each quirk says where it is documented or reported. Comments
 * in streams, a usage on the last chunk with choices, errors as events, `reasoning` for `reasoning_content`, and tool
 * calls without ids need no entry: they are understood from everybody.
 */
export const presets = {
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  vllm: {
    baseUrl: 'http://127.0.0.1:8000/v1',
    apiKeyEnv: 'VLLM_API_KEY',
    // "System message must be at the beginning": the templates of Qwen, Gemma and others.
    // `/tokenize` takes a chat and counts it: "Tokenizer API", same page.
    quirks: { instructions: 'first', counts: 'vllm' },
    policy: ownPolicy,
  },

  // https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  llamacpp: {
    baseUrl: 'http://127.0.0.1:8080/v1',
    apiKeyEnv: 'LLAMA_API_KEY',
    policy: ownPolicy,
    quirks: {
      // Says "Loading model" with 503, while `/models` answers: its README, "GET /health".
      healthPath: '/health',
      // `/apply-template` and `/tokenize` of its README.
      counts: 'llamacpp',
      // Ignored by builds before February 2026: llama.cpp pull request 19831.
      rename: { max_completion_tokens: 'max_tokens' },
      // An object counts as `auto`: llama.cpp issue 26535.
      toolChoice: { named: 'narrow' },
      // As vLLM.
      instructions: 'first',
      // Seen with b11549: a JSON answer whose client had gone went on to its last token; a stream stopped within 0.3 s.
      stopsOnlyStreams: true,
    },
  },

  // https://docs.ollama.com/api/openai-compatibility. A prompt that is too long is cut silently; nothing in this API
  // tells. Its cloud is the same at https://ollama.com/v1.
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    apiKeyEnv: 'OLLAMA_API_KEY',
    policy: ownPolicy,
    cloud: { baseUrl: 'https://ollama.com/', policy: vendorPolicy({ fields: ['reasoning'] }) },
    quirks: {
      // What its `ChatCompletionRequest` (openai/openai.go) does not have is ignored.
      rename: { max_completion_tokens: 'max_tokens' },
      refuse: { n: [1], logit_bias: [], parallel_tool_calls: [true] },
      // No value has an effect: ollama issue 17921.
      toolChoice: { none: 'omit-tools', required: 'refuse', named: 'refuse' },
      // The field of its `Message` (openai/openai.go).
      pastReasoning: 'reasoning',
      // Its templates pass over a role that they do not know, such as `developer`.
      instructions: 'first',
    },
  },

  // https://lmstudio.ai/docs/developer/openai-compat
  lmstudio: {
    baseUrl: 'http://127.0.0.1:1234/v1',
    apiKeyEnv: 'LMSTUDIO_API_KEY',
    policy: ownPolicy,
    // "Invalid tool_choice type: 'object'": lmstudio-bug-tracker issue 670. Templates as in vLLM.
    quirks: { toolChoice: { named: 'narrow' }, instructions: 'first' },
  },

  // https://platform.openai.com/docs/api-reference/chat/create
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    apiKeyEnv: 'OPENAI_API_KEY',
    policy: vendorPolicy(),
    // `max_tokens` is deprecated for all models and refused by the reasoning ones (same page).
    quirks: { rename: { max_tokens: 'max_completion_tokens' }, toolNames: 'openai', messageNames: 'plain' },
  },

  // https://openrouter.ai/docs/api/reference/errors-and-debugging
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    apiKeyEnv: 'OPENROUTER_API_KEY',
    policy: vendorPolicy({
      fields: [
        // https://openrouter.ai/docs/api/reference/parameters
        ...['top_k', 'min_p', 'top_a', 'repetition_penalty', 'structured_outputs', 'include_reasoning'],
        // https://openrouter.ai/docs/use-cases/reasoning-tokens, …/features/prompt-caching, …/multimodal/image-generation
        ...['reasoning', 'cache_control', 'image_config'],
      ],
    }),
    quirks: {
      choiceErrors: true,
      failures: { error: 'upstream_broken' },
      // Its Claude models: llm pull request 1164, archytas pull request 69.
      emptyArguments: true,
      // Its names of tools are those of the vendors behind it: OpenAI's rule is the strictest.
      toolNames: 'openai',
      messageNames: 'plain',
    },
  },

  // https://docs.x.ai/docs/guides/reasoning. What its reasoning models do not take it refuses itself.
  xai: { baseUrl: 'https://api.x.ai/v1', apiKeyEnv: 'XAI_API_KEY', quirks: {}, policy: vendorPolicy() },

  // https://docs.mistral.ai/api. Fields that it does not know are refused (422 `extra_forbidden`).
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    apiKeyEnv: 'MISTRAL_API_KEY',
    // Of its chat and its embeddings, same page.
    policy: vendorPolicy({ fields: ['random_seed', 'safe_prompt', 'prompt_mode', 'output_dimension', 'output_dtype'] }),
    quirks: {
      rename: { seed: 'random_seed', max_completion_tokens: 'max_tokens' },
      // Refused, and the usage comes anyway: openai-agents-python issue 442, tabby pull request 4082.
      drop: ['stream_options'],
      // "Unexpected role 'system' after role 'assistant'"; the API has system, user, assistant and tool.
      instructions: 'first',
      // 422 `extra_forbidden` for the `name` of a user's message.
      messageNames: 'none',
      // "Function name was … but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64."
      toolNames: 'openai',
      // "must be a-z, A-Z, 0-9, with a length of 9": https://mistralai.github.io/mistral-common/usage/tools
      toolCallIds: 'nine-alphanumeric',
      // https://docs.mistral.ai/capabilities/reasoning: `ThinkChunk`, both ways.
      pastReasoning: 'thinking-part',
      // `FinishReason` of its API reference.
      finishReasons: { model_length: 'length' },
      failures: { error: 'upstream_broken' },
    },
  },

  // https://api-docs.deepseek.com/api/create-chat-completion
  deepseek: {
    baseUrl: 'https://api.deepseek.com',
    apiKeyEnv: 'DEEPSEEK_API_KEY',
    // https://api-docs.deepseek.com/guides/thinking_mode
    policy: vendorPolicy({ fields: ['thinking'] }),
    quirks: {
      // The only one of the two that the reference has.
      rename: { max_completion_tokens: 'max_tokens' },
      // "unknown variant `developer`": pi issue 1048.
      roles: { developer: 'system' },
      // Must come back beside tool calls and is ignored elsewhere: https://api-docs.deepseek.com/guides/thinking_mode.
      // (Until 2025 any reasoning in the history was a 400.)
      pastReasoning: 'reasoning_content',
      failures: { insufficient_system_resource: 'upstream_unavailable' },
      // "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64" (its API reference).
      toolNames: 'openai',
      // https://api-docs.deepseek.com/guides/kv_cache
      cachedTokens: 'prompt_cache_hit_tokens',
    },
  },

  // https://console.groq.com/docs/openai. What is not supported it refuses itself; `stream_options` brings the usage in
  // its usual place beside `x_groq`.
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    apiKeyEnv: 'GROQ_API_KEY',
    // https://console.groq.com/docs/reasoning
    policy: vendorPolicy({ fields: ['reasoning_format', 'include_reasoning', 'disable_tool_validation'] }),
    // "property 'reasoning_content' is unsupported", and `reasoning` too for most models: vercel/ai pull request 8057.
    quirks: { pastReasoning: 'none', toolNames: 'openai' },
  },

  // https://docs.together.ai/reference/chat-completions-1, `FinishReason`
  together: {
    baseUrl: 'https://api.together.xyz/v1',
    apiKeyEnv: 'TOGETHER_API_KEY',
    // Same page; `chat_template_kwargs` and `reasoning`: https://docs.together.ai/docs/reasoning-models-guide
    policy: vendorPolicy({
      fields: ['top_k', 'min_p', 'repetition_penalty', 'echo', 'reasoning', 'chat_template_kwargs'],
    }),
    // Its models have their own chat templates, as in vLLM.
    quirks: { finishReasons: { eos: 'stop' }, instructions: 'first' },
  },

  // https://docs.litellm.ai/docs/proxy/user_keys
  litellm: {
    baseUrl: 'http://127.0.0.1:4000/v1',
    apiKeyEnv: 'LITELLM_API_KEY',
    // As its Claude models have it.
    quirks: { emptyArguments: true },
    // It spends the operator's money at any vendor. `metadata` chooses among deployments by its tags:
    // https://docs.litellm.ai/docs/proxy/tag_routing. The others: https://docs.litellm.ai/docs/completion/input
    policy: vendorPolicy({ fields: ['top_k', 'thinking', 'cache_control'], without: ['metadata'] }),
  },
} as const satisfies Readonly<Record<string, Preset>>;

/**
 * A server without a preset: most serve chat templates, and the others OpenAI's models. What is valid for both reaches them as
 * it came.
 */
const unknownServer: Quirks = { instructions: 'first', toolNames: 'openai', messageNames: 'plain' };

export type PresetName = keyof typeof presets;

const isPresetName = (name: string): name is PresetName => name in presets;

export const presetNames = Object.keys(presets).filter(isPresetName);

/** How an upstream departs from OpenAI, by its preset and by what the models file says about system messages. */
export function quirksOf(preset: PresetName | undefined, place: 'first' | 'anywhere' | undefined): Quirks {
  const { instructions, ...quirks }: Quirks = preset ? presets[preset].quirks : unknownServer;
  return (place ?? instructions) === 'first' ? { ...quirks, instructions: 'first' } : quirks;
}

/** Which fields keys may send to an upstream, by its address: the cloud of a server's makers bills. */
export function policyOf(name: PresetName | undefined, baseUrl: string): FieldPolicy {
  if (!name) return unknownPolicy;
  const preset = presets[name];
  return 'cloud' in preset && baseUrl.startsWith(preset.cloud.baseUrl) ? preset.cloud.policy : preset.policy;
}
