import type { FieldPolicy, Operation } from './provider.ts';

const words = (...lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(' '));

/**
 * OpenAI's own fields of each operation that cost nothing but the model's tokens. Fields that change the price
 * (`service_tier`, `web_search_options`, `moderation`) are left out, and so are fields that name data in the operator's
 * account (`prompt`). Source: https://platform.openai.com/docs/api-reference
 */
const STANDARD: Readonly<Record<Operation, readonly string[]>> = {
  // /chat/create. `usage` asks the gateway for the cost, and is not forwarded.
  chat: words(
    'model messages audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens',
    'metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention',
    'reasoning_effort response_format safety_identifier seed stop store stream stream_options temperature tool_choice tools',
    'top_logprobs top_p usage user verbosity',
  ),
  // /completions/create
  completions: words(
    'model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream',
    'stream_options suffix temperature top_p user',
  ),
  // /embeddings/create
  embeddings: words('model input dimensions encoding_format user'),
  // /images/create and /images/createEdit
  images: words(
    'model prompt images mask n size quality background output_format output_compression moderation response_format stream',
    'partial_images user style input_fidelity',
  ),
  // /audio/createSpeech
  speech: words('model input voice instructions response_format speed stream_format'),
  // /audio/createTranscription and /audio/createTranslation. In a form, the name of a list ends in `[]`.
  transcriptions: words(
    'model file language prompt response_format temperature stream include include[] timestamp_granularities',
    'timestamp_granularities[] chunking_strategy known_speaker_names known_speaker_names[]',
    'known_speaker_references known_speaker_references[]',
  ),
  // /responses/create
  responses: words(
    'model input instructions background client_metadata conversation include max_output_tokens max_tool_calls metadata',
    'parallel_tool_calls previous_response_id prompt_cache_key prompt_cache_options prompt_cache_retention reasoning',
    'safety_identifier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation usage user',
  ),
  // https://docs.claude.com/en/api/messages, without `service_tier`, `speed`, `inference_geo`, `container` and
  // `mcp_servers`. `diagnostics` is what Claude Code tells about its cache.
  messages: words(
    'model messages system max_tokens metadata stop_sequences stream temperature top_k top_p thinking tool_choice tools',
    'output_config output_format cache_control context_management diagnostics',
  ),
};

/**
 * Fields with the client's own text, tools and schemas. No server fetches an address in them; message contents have
 * checks of their own.
 */
const CLIENTS_OWN: ReadonlySet<string> = new Set(
  words(
    'model messages input prompt suffix system instructions tools functions function_call response_format text',
    'output_config output_format metadata client_metadata user safety_identifier prompt_cache_key stop stop_sequences logit_bias',
    'prediction images mask',
  ),
);

/**
 * Fields that describe the form of an answer, and templates of the prompt.
 * vLLM: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#extra-parameters-for-chat-api
 * llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 * Ollama's `format`: https://docs.ollama.com/capabilities/structured-outputs
 */
const ANSWER_RULES = words(
  'guided_json guided_regex guided_choice guided_grammar structured_outputs bad_words grammar json_schema chat_template format',
);

/**
 * Sampling and template fields of self-hosted servers, for upstreams without a preset. Sources: as above, and
 * https://docs.sglang.io/basic_usage/sampling_params.html
 */
const SAMPLING = words(
  'top_k min_p top_a top_n_sigma typical_p tfs_z repetition_penalty length_penalty repeat_penalty repeat_last_n',
  'frequency_penalty presence_penalty min_tokens stop_token_ids ignore_eos skip_special_tokens add_generation_prompt',
  'continue_final_message spaces_between_special_tokens include_stop_str_in_output truncate_prompt_tokens prompt_logprobs',
  'mirostat mirostat_tau mirostat_eta dry_multiplier dry_base dry_allowed_length dry_penalty_last_n dynatemp_range',
  'dynatemp_exponent xtc_probability xtc_threshold samplers n_predict cache_prompt chat_template_kwargs documents',
  'reasoning_format include_reasoning separate_reasoning reasoning thinking enable_thinking thinking_budget cache_control',
  'regex ebnf guided_decoding_backend guided_whitespace_pattern',
);

/** Fields that ask for the vendor's own tools or other models, which cost more than the tokens of the request. */
const HOSTED: ReadonlySet<string> = new Set(
  words(
    // https://openrouter.ai/docs/api/reference/overview
    'models route plugins provider web_search_options',
    // https://docs.x.ai/docs/guides/live-search, https://console.groq.com/docs/agentic-tooling
    'search_parameters search_settings compound_custom',
    // https://help.aliyun.com/zh/model-studio/web-search
    'enable_search search_options',
  ),
);

/** What a preset says about the fields that keys may send. */
interface PresetFields {
  /** Fields beside OpenAI's; each preset names its source. */
  readonly fields?: readonly string[];
  /** OpenAI's fields that have another meaning at this vendor. */
  readonly without?: readonly string[];
}

type Sets = FieldPolicy['listed'];

const setsOf = (fieldsOf: (operation: Operation) => readonly string[]): Sets => {
  const setOf = (operation: Operation): ReadonlySet<string> => new Set(fieldsOf(operation));
  return {
    chat: setOf('chat'),
    completions: setOf('completions'),
    embeddings: setOf('embeddings'),
    images: setOf('images'),
    speech: setOf('speech'),
    transcriptions: setOf('transcriptions'),
    responses: setOf('responses'),
    messages: setOf('messages'),
  };
};

const unsearched: Sets = setsOf((operation) => [
  ...STANDARD[operation].filter((field) => CLIENTS_OWN.has(field)),
  ...ANSWER_RULES,
  // vLLM takes chats for embeddings as well. Their content is checked like that of every chat.
  ...(operation === 'embeddings' ? ['messages'] : []),
]);

function policyOf(listedOnly: boolean, { fields = [], without = [] }: PresetFields): FieldPolicy {
  const listed = setsOf((operation) => [...STANDARD[operation], ...fields].filter((field) => !without.includes(field)));
  return { listedOnly, listed, unsearched, hosted: HOSTED };
}

/** The policy of a vendor, who bills for its own tools. */
export const vendorPolicy = (preset: PresetFields = {}): FieldPolicy => policyOf(true, preset);

/** The policy of a server that the operator runs. */
export const ownPolicy: FieldPolicy = policyOf(false, {});

/**
 * The policy of an upstream without a preset. It may be a vendor or the operator's server, so it gets the list of a
 * vendor plus the settings of local servers.
 */
export const unknownPolicy: FieldPolicy = vendorPolicy({ fields: [...SAMPLING, ...ANSWER_RULES] });
