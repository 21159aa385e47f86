import { ownPolicy, unknownPolicy, vendorPolicy } from './field-policy.ts';
import type { Quirks } from './openai-compatible/quirks.ts';
import type { FieldPolicy } from './provider.ts';

/** What is known about one vendor with OpenAI's chat completions. */
interface Preset {
  readonly baseUrl: string;
  /** The environment variable that holds the key; absent for local servers, which work without a key. */
  readonly apiKeyEnv: string;
  readonly quirks: Quirks;
  /** The fields that keys can send. */
  readonly policy: FieldPolicy;
  /** Address and policy of the vendor's own cloud, for a preset of a server that people run themselves. */
  readonly cloud?: { readonly baseUrl: string; readonly policy: FieldPolicy };
}

/**
 * Vendors by the name that `preset:` in the models file has. Each quirk names its documentation or a report. These need
 * no entry, since every upstream may have them: comments in streams, usage on the last chunk with choices, errors as
 * events, `reasoning` for `reasoning_content`, and tool calls without ids.
 */
export const presets = {
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  vllm: {
    baseUrl: 'http://127.0.0.1:8000/v1',
    apiKeyEnv: 'VLLM_API_KEY',
    // "System message must be at the beginning": the templates of Qwen, Gemma and others.
    // `/tokenize` takes a chat and counts it: "Tokenizer API", same page.
    quirks: { instructions: 'first', refusals: 'text', counts: 'vllm' },
    policy: ownPolicy,
  },

  // https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  llamacpp: {
    baseUrl: 'http://127.0.0.1:8080/v1',
    apiKeyEnv: 'LLAMA_API_KEY',
    policy: ownPolicy,
    quirks: {
      // While it loads, `/health` answers 503 "Loading model", but `/models` answers already: its README, "GET
      // /health".
      healthPath: '/health',
      // It counts with `/apply-template` and `/tokenize` of its README.
      counts: 'llamacpp',
      // Builds before February 2026 ignore the newer name: llama.cpp pull request 19831.
      rename: { max_completion_tokens: 'max_tokens' },
      // It treats an object as `auto`: llama.cpp issue 26535.
      toolChoice: { named: 'narrow' },
      // As for vLLM.
      instructions: 'first',
      refusals: 'text',
      // Seen with b11549: a JSON answer whose client had disconnected was generated to its last token; a stream stopped
      // within 0.3 s.
      stopsOnlyStreams: true,
    },
  },

  // https://docs.ollama.com/api/openai-compatibility. It silently cuts a prompt that is too long, and nothing in this
  // API tells. Its cloud has the same API at https://ollama.com/v1.
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    apiKeyEnv: 'OLLAMA_API_KEY',
    policy: ownPolicy,
    cloud: { baseUrl: 'https://ollama.com/', policy: vendorPolicy({ fields: ['reasoning'] }) },
    quirks: {
      // It ignores fields that its `ChatCompletionRequest` (openai/openai.go) does not have.
      rename: { max_completion_tokens: 'max_tokens' },
      refuse: { n: [1], logit_bias: [], parallel_tool_calls: [true] },
      // It ignores `tool_choice`: ollama issue 17921.
      toolChoice: { none: 'omit-tools', required: 'refuse', named: 'refuse' },
      // This is the field of its `Message` (openai/openai.go).
      pastReasoning: 'reasoning',
      // Its templates skip messages of roles that they do not know, such as `developer`.
      instructions: 'first',
      refusals: 'text',
    },
  },

  // https://lmstudio.ai/docs/developer/openai-compat
  lmstudio: {
    baseUrl: 'http://127.0.0.1:1234/v1',
    apiKeyEnv: 'LMSTUDIO_API_KEY',
    policy: ownPolicy,
    // "Invalid tool_choice type: 'object'": lmstudio-bug-tracker issue 670. For the templates see vLLM.
    quirks: { toolChoice: { named: 'narrow' }, instructions: 'first', refusals: 'text' },
  },

  // https://platform.openai.com/docs/api-reference/chat/create
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    apiKeyEnv: 'OPENAI_API_KEY',
    policy: vendorPolicy(),
    // `max_tokens` is deprecated for all models and refused by the reasoning ones (same page).
    quirks: {
      rename: { max_tokens: 'max_completion_tokens' },
      toolNames: 'openai',
      messageNames: 'plain',
      // "'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40"
      toolCallIds: 'forty-characters',
    },
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
      // The vendors behind it judge the names of tools, and OpenAI's rule is the strictest.
      toolNames: 'openai',
      messageNames: 'plain',
    },
  },

  // https://docs.x.ai/docs/guides/reasoning. It refuses by itself what its reasoning models do not support.
  xai: { baseUrl: 'https://api.x.ai/v1', apiKeyEnv: 'XAI_API_KEY', quirks: {}, policy: vendorPolicy() },

  // https://docs.mistral.ai/api. It refuses unknown fields (422 `extra_forbidden`).
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    apiKeyEnv: 'MISTRAL_API_KEY',
    // The fields of its chat and embeddings operations, same page.
    policy: vendorPolicy({ fields: ['random_seed', 'safe_prompt', 'prompt_mode', 'output_dimension', 'output_dtype'] }),
    quirks: {
      rename: { seed: 'random_seed', max_completion_tokens: 'max_tokens' },
      // It refuses this field, and sends the usage anyway: openai-agents-python issue 442, tabby pull request 4082.
      drop: ['stream_options'],
      // "Unexpected role 'system' after role 'assistant'". The API has the roles system, user, assistant and tool.
      instructions: 'first',
      refusals: 'text',
      // It answers 422 `extra_forbidden` to the `name` of a user's message.
      messageNames: 'none',
      // "Function name was … but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64."
      toolNames: 'openai',
      // "must be a-z, A-Z, 0-9, with a length of 9": https://mistralai.github.io/mistral-common/usage/tools
      toolCallIds: 'nine-alphanumeric',
      // https://docs.mistral.ai/capabilities/reasoning: it sends and takes `ThinkChunk`.
      pastReasoning: 'thinking-part',
    },
  },

  // https://api-docs.deepseek.com/api/create-chat-completion
  deepseek: {
    baseUrl: 'https://api.deepseek.com',
    apiKeyEnv: 'DEEPSEEK_API_KEY',
    // https://api-docs.deepseek.com/guides/thinking_mode
    policy: vendorPolicy({ fields: ['thinking'] }),
    quirks: {
      // Its reference only has this one of the two names.
      rename: { max_completion_tokens: 'max_tokens' },
      // "unknown variant `developer`": pi issue 1048.
      roles: { developer: 'system' },
      // It demands the reasoning back beside tool calls, and ignores it elsewhere:
      // https://api-docs.deepseek.com/guides/thinking_mode. (Until 2025 it answered 400 to any reasoning in the
      // history.)
      pastReasoning: 'reasoning_content',
      failures: { insufficient_system_resource: 'model_busy' },
      // "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64" (its API reference).
      toolNames: 'openai',
      // https://api-docs.deepseek.com/guides/kv_cache
      cachedTokens: 'prompt_cache_hit_tokens',
    },
  },

  // https://console.groq.com/docs/openai. It refuses unsupported fields by itself. With `stream_options` the usage
  // comes in its usual place, beside `x_groq`.
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    apiKeyEnv: 'GROQ_API_KEY',
    // https://console.groq.com/docs/reasoning
    policy: vendorPolicy({ fields: ['reasoning_format', 'include_reasoning', 'disable_tool_validation'] }),
    // "property 'reasoning_content' is unsupported"; most models refuse `reasoning` too: vercel/ai pull request 8057.
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
    // Its models use their own chat templates; see vLLM.
    quirks: { instructions: 'first', refusals: 'text' },
  },

  // https://docs.litellm.ai/docs/proxy/user_keys
  litellm: {
    baseUrl: 'http://127.0.0.1:4000/v1',
    apiKeyEnv: 'LITELLM_API_KEY',
    quirks: {},
    // It spends the operator's money at any vendor. `metadata` selects a deployment by its tags:
    // https://docs.litellm.ai/docs/proxy/tag_routing. The other fields: https://docs.litellm.ai/docs/completion/input
    policy: vendorPolicy({ fields: ['top_k', 'thinking', 'cache_control'], without: ['metadata'] }),
  },
} as const satisfies Readonly<Record<string, Preset>>;

/**
 * The quirks of a server without a preset. Most such servers use chat templates, and the others serve OpenAI's models.
 * A request that is valid for both reaches them unchanged.
 */
const unknownServer: Quirks = { instructions: 'first', refusals: 'text', toolNames: 'openai', messageNames: 'plain' };

export type PresetName = keyof typeof presets;

const isPresetName = (name: string): name is PresetName => name in presets;

export const presetNames = Object.keys(presets).filter(isPresetName);

/** The quirks of an upstream, by its preset and by what the models file says about system messages. */
export function quirksOf(preset: PresetName | undefined, place: 'first' | 'anywhere' | undefined): Quirks {
  const { instructions, ...quirks }: Quirks = preset ? presets[preset].quirks : unknownServer;
  return (place ?? instructions) === 'first' ? { ...quirks, instructions: 'first' } : quirks;
}

/** The fields that keys may send to an upstream. The address decides, because the cloud of a server's makers bills. */
export function policyOf(name: PresetName | undefined, baseUrl: string): FieldPolicy {
  if (!name) return unknownPolicy;
  const preset = presets[name];
  return 'cloud' in preset && baseUrl.startsWith(preset.cloud.baseUrl) ? preset.cloud.policy : preset.policy;
}
